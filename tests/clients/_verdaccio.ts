import { findProgram } from "../support/needs.ts";
import { npm } from "./_npm.ts";

const VERSION = "6.5.2";
/** What it is installed by. One of its parts asks for a tag that not every mirror of the registry has. */
const MANIFEST = {
  private: true,
  dependencies: { verdaccio: VERSION },
  overrides: { "node-fetch": "2.7.0" },
};

/** A registry of npm packages without any other one behind it. */
export interface Verdaccio extends AsyncDisposable {
  /** Its `host:port`. */
  readonly address: string;
}

/**
 * Installs Verdaccio where the next run finds it again, outside of the checkout.
 *
 * @returns the folder that holds `node_modules`
 */
async function installed(): Promise<string> {
  const home = Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "/tmp"}/.cache`;
  const folder = `${home}/pingo-tests/verdaccio-${VERSION}`;
  if (await isThere(folder)) return folder;
  await Deno.mkdir(`${home}/pingo-tests`, { recursive: true });
  // Another run may install at the same time: whole folders are moved.
  const fresh = await Deno.makeTempDir({ dir: `${home}/pingo-tests` });
  await Deno.writeTextFile(`${fresh}/package.json`, JSON.stringify(MANIFEST));
  await npm(["install", "--ignore-scripts"], { cwd: fresh });
  try {
    await Deno.rename(fresh, folder);
  } catch (error) {
    await Deno.remove(fresh, { recursive: true });
    if (!await isThere(folder)) throw error;
  }
  return folder;
}

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Starts Verdaccio on a free port; what it keeps lies in `folder`. */
export async function startVerdaccio(folder: string): Promise<Verdaccio> {
  const node = findProgram("node");
  if (node === null) throw new Error("Cannot start Verdaccio: node is not installed");
  const config = `${folder}/config.yaml`;
  await Deno.writeTextFile(
    config,
    `
storage: ${folder}/storage
auth:
  htpasswd:
    file: ${folder}/htpasswd
    algorithm: sha1
uplinks: {}
packages:
  "**":
    access: $all
    publish: $authenticated
    unpublish: $authenticated
web:
  enable: false
log: { type: stdout, format: pretty, level: fatal }
`,
  );
  const child = new Deno.Command(node, {
    args: [new URL("verdaccio_server.mjs", import.meta.url).pathname, await installed(), config],
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  const told = Promise.withResolvers<number>();
  const reading = (async () => {
    let text = "";
    for await (const part of lines) {
      text += part;
      const found = /^port (\d+)$/m.exec(text);
      if (found !== null) told.resolve(Number(found[1]));
    }
    told.reject(new Error(`Cannot start Verdaccio: it ended with\n${text}`));
  })();
  const stop = async () => {
    try {
      child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await Promise.all([reading, child.status]);
  };
  try {
    return { address: `127.0.0.1:${await told.promise}`, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
