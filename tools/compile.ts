/**
 * `deno task compile [output]`: builds the single executable, dist/pingo by default, out of cli/main.ts.
 *
 * Exit code 0: built. 1: the program does not resolve, type-check or compile. 3: the program is checked, but Deno cannot
 * download the base binary that it compiles into.
 *
 * @module
 */

const entry = "cli/main.ts";
const [output = "dist/pingo"] = Deno.args;

/** Runs this Deno and returns its exit code and what it wrote. */
async function deno(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** What `deno info --json` tells of a program, as far as it is read here. */
interface Graph {
  readonly modules: readonly { readonly error?: string }[];
  readonly npmPackages?: Readonly<
    Record<string, { readonly name: string; readonly version: string }>
  >;
}

/**
 * Folders of npm packages that are kept out of the executable.
 *
 * Deno parses every file that it embeds. The test data of bintrees, which prom-client depends on, is 2 MB of "+1 -2 +3 …":
 * one expression, so deep that Deno 2.9 overflows its stack and dies.
 */
async function excluded({ npmPackages = {} }: Graph): Promise<string[]> {
  const { npmCache } = JSON.parse((await deno("info", "--json")).stdout);
  const folders: string[] = [];
  for (const { name, version } of Object.values(npmPackages)) {
    if (name !== "bintrees") continue;
    for await (const registry of Deno.readDir(npmCache)) {
      folders.push(`${npmCache}/${registry.name}/${name}/${version}/test`);
    }
  }
  return folders;
}

/** Whether there is something at a path. */
function exists(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}

async function compile(): Promise<number> {
  const info = await deno("info", "--json", entry);
  const graph: Graph = JSON.parse(info.stdout || '{"modules":[{"error":"deno info failed"}]}');
  const errors = graph.modules.flatMap(({ error }) => error ?? []);
  if (errors.length > 0) {
    console.error(`Cannot compile ${entry}: ${errors.join("; ")}`);
    return 1;
  }
  const check = await deno("check", entry);
  if (check.code !== 0) {
    console.error(check.stderr);
    return 1;
  }
  // Without a local node_modules, Deno embeds only those packages that the program imports.
  const npm = ["--node-modules-dir=none", "--exclude-unused-npm"];
  for (const folder of await excluded(graph)) npm.push("--exclude", folder);
  const folder = output.includes("/") ? output.slice(0, output.lastIndexOf("/")) || "/" : ".";
  const isNewFolder = !await exists(folder);
  const compiled = await deno("compile", "--no-check", "-A", ...npm, "--output", output, entry);
  if (compiled.code === 0) {
    console.log(`Built ${output} out of ${graph.modules.length} modules`);
    return 0;
  }
  // Deno makes the folder before it downloads; where something else is in it, it stays.
  if (isNewFolder) await Deno.remove(folder).catch(() => {});
  if (!compiled.stderr.includes("Setting up base binary")) {
    console.error(compiled.stderr);
    return 1;
  }
  const address = /https:\/\/\S+denort\S+\.zip/.exec(compiled.stderr)?.[0] ?? "denort";
  console.error(
    `Cannot compile ${entry}: its ${graph.modules.length} modules resolve and type-check, ` +
      `but the base binary ${address} cannot be downloaded`,
  );
  return 3;
}

Deno.exit(await compile());
