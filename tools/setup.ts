/**
 * `deno task setup`: makes `jsr:@std/*` resolve where JSR cannot be reached.
 *
 * Where JSR answers, this does nothing but remove an older stand-in. Where it does not, this writes a stand-in registry
 * into vendor/, from which Deno then takes the packages (CONTRIBUTING.md tells why). It runs before every task, so the
 * usual run reads some small files and ends.
 *
 * Nothing may be imported here that has to be fetched first.
 *
 * @module
 */

/** The sub-paths of each package that the stand-in has. Real @std has all of them too. */
const exportsOf: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  assert: { ".": "./mod.ts" },
  http: {
    ".": "./mod.ts",
    "./etag": "./etag.ts",
    "./file-server": "./file_server.ts",
    "./negotiation": "./negotiation.ts",
    "./status": "./status.ts",
  },
  log: { ".": "./mod.ts" },
  testing: { "./mock": "./mock.ts", "./time": "./time.ts" },
  yaml: { ".": "./mod.ts" },
};

/** What lies in vendor/ for one package. */
type Found = "real" | "stand-in" | "broken" | "nothing";

/** One package of the import map, such as `jsr:@std/assert@1.0.19`. */
interface Pin {
  readonly name: string;
  readonly version: string;
}

/** Options of {@linkcode setUp}. */
interface SetupOptions {
  /** The checkout: holds deno.json, and vendor/ afterwards. */
  readonly root: string;
  /** Base address of the registry that is asked whether JSR can be reached. */
  readonly registry: string;
}

/** Brings vendor/ into order and tells in one line what was done, or null where nothing was to do. */
async function setUp(options: SetupOptions): Promise<string | null> {
  const { root, registry } = options;
  const pins = readPins(await Deno.readTextFile(`${root}/deno.json`));
  const found = await Promise.all(pins.map((pin) => inspect(root, pin)));
  if (found.every((each) => each === "real")) return null;

  const lies = found.some((each) => each === "stand-in" || each === "broken");
  // A stand-in that lies there already works: then the question may cost each task only little time.
  if (await answers(registry, pins, lies ? 500 : 5000)) {
    if (!lies) return null;
    await Deno.remove(`${root}/vendor`, { recursive: true });
    return "JSR answers: removed the stand-in from vendor/";
  }

  const missing = pins.filter((_, index) => found[index] !== "real");
  const written = await Promise.all(missing.map((pin) => write(root, pin)));
  return written.includes(true)
    ? "JSR does not answer: wrote a stand-in for jsr:@std into vendor/"
    : null;
}

/** The `jsr:@std` packages of deno.json's import map, which gives exact versions. */
function readPins(config: string): Pin[] {
  const parsed: unknown = JSON.parse(config);
  const pins: Pin[] = [];
  for (
    const [, , name, version] of JSON.stringify(parsed).matchAll(
      /"(jsr:@std\/([a-z-]+)@([^"/]+))"/g,
    )
  ) {
    if (!Object.hasOwn(exportsOf, name)) {
      throw new Error(
        `Cannot set up jsr:@std/${name}: tools/standin/ does not have it`,
      );
    }
    pins.push({ name, version });
  }
  return pins;
}

async function inspect(root: string, { name, version }: Pin): Promise<Found> {
  const folder = folderOf(root, name);
  const meta = await readOrNull(`${folder}/meta.json`);
  if (meta === null) return "nothing";
  try {
    if (JSON.parse(meta).standIn === true) return "stand-in";
  } catch {
    return "broken";
  }
  return await readOrNull(`${folder}/${version}_meta.json`) === null ? "nothing" : "real";
}

/** Whether the registry knows the first package; any failure and any slowness is a no. */
async function answers(
  registry: string,
  [pin]: Pin[],
  timeoutMs: number,
): Promise<boolean> {
  try {
    const response = await fetch(
      new URL(`@std/${pin.name}/meta.json`, registry),
      { signal: AbortSignal.timeout(timeoutMs) },
    );
    if (!response.ok) {
      await response.body?.cancel();
      return false;
    }
    const meta: unknown = await response.json();
    return typeof meta === "object" && meta !== null && "versions" in meta;
  } catch {
    return false;
  }
}

/** Writes the stand-in of one package; returns whether any file differed. */
async function write(root: string, { name, version }: Pin): Promise<boolean> {
  const folder = folderOf(root, name);
  const files = new Map<string, string>();
  const sources = new URL(`./standin/${name}/`, import.meta.url);
  for await (const { name: file } of Deno.readDir(sources)) {
    files.set(
      `${version}/${file}`,
      await Deno.readTextFile(new URL(file, sources)),
    );
  }
  files.set(
    `${version}_meta.json`,
    JSON.stringify({ manifest: {}, exports: exportsOf[name] }),
  );
  // Last, since it is what marks the package as there.
  files.set(
    "meta.json",
    JSON.stringify({
      scope: "std",
      name,
      latest: version,
      versions: { [version]: {} },
      standIn: true,
    }),
  );
  let isChanged = false;
  for (const [file, text] of files) {
    const path = `${folder}/${file}`;
    if (await readOrNull(path) === text) continue;
    await replace(path, text);
    isChanged = true;
  }
  return isChanged;
}

/** Writes beside and renames, so that a task that runs at the same time never reads half a file. */
async function replace(path: string, text: string): Promise<void> {
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  const beside = `${path}.${Deno.pid}`;
  await Deno.writeTextFile(beside, text);
  await Deno.rename(beside, path);
}

function folderOf(root: string, name: string): string {
  return `${root}/vendor/jsr.io/@std/${name}`;
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function flag(name: string): string | undefined {
  const index = Deno.args.indexOf(`--${name}`);
  return index < 0 ? undefined : Deno.args[index + 1];
}

if (import.meta.main) {
  const done = await setUp({
    root: flag("root") ?? new URL("..", import.meta.url).pathname,
    // JSR_URL is how Deno itself is told of a mirror.
    registry: flag("registry") ?? (Deno.env.get("JSR_URL") || "https://jsr.io/"),
  });
  if (done !== null) console.error(done);
}
