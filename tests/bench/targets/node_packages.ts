import { capture, findProgram } from "../process/programs.ts";

/** Where the packages lie: the user's cache, where the next run finds them again. */
function cacheFolder(): string {
  const home = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
  return `${home}/pingo-bench`;
}

/**
 * Installs npm packages unless they are there already.
 *
 * @param packages with exact versions, such as `hono@4.13.19`
 * @returns the folder that holds `node_modules`
 */
export async function installPackages(packages: readonly string[]): Promise<string> {
  const folder = cacheFolder();
  const present = await Promise.all(packages.map((each) => isInstalled(folder, each)));
  if (present.every(Boolean)) return folder;
  await Deno.mkdir(folder, { recursive: true });
  const npm = await findProgram("npm");
  await capture(npm, ["install", "--prefix", folder, "--no-audit", "--no-fund", ...packages]);
  return folder;
}

async function isInstalled(folder: string, spec: string): Promise<boolean> {
  const at = spec.lastIndexOf("@");
  const file = `${folder}/node_modules/${spec.slice(0, at)}/package.json`;
  const manifest: unknown = JSON.parse(await Deno.readTextFile(file).catch(() => "{}"));
  return manifest !== null && typeof manifest === "object" && "version" in manifest &&
    manifest.version === spec.slice(at + 1);
}
