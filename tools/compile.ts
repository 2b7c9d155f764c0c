/**
 * `deno task compile`: builds the single executable dist/pingo out of cli/main.ts.
 *
 * Exit code 0: built. 1: the program does not resolve, type-check or compile. 3: the program is checked, but Deno cannot
 * download the base binary that it compiles into.
 *
 * @module
 */

const entry = "cli/main.ts";
const output = "dist/pingo";

/** Runs this Deno and returns its exit code and what it wrote. */
async function deno(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** How many modules the program has, or what does not resolve. */
function readGraph(json: string): { size: number; errors: string[] } {
  const { modules } = JSON.parse(json) as { modules: { error?: string }[] };
  return { size: modules.length, errors: modules.flatMap(({ error }) => error ?? []) };
}

async function compile(): Promise<number> {
  const info = await deno("info", "--json", entry);
  const graph = readGraph(info.stdout || '{"modules":[{"error":"no such file"}]}');
  if (graph.errors.length > 0) {
    console.error(`Cannot compile ${entry}: ${graph.errors.join("; ")}`);
    return 1;
  }
  const check = await deno("check", entry);
  if (check.code !== 0) {
    console.error(check.stderr);
    return 1;
  }
  const compiled = await deno("compile", "--no-check", "-A", "--output", output, entry);
  if (compiled.code === 0) {
    console.log(`Built ${output} out of ${graph.size} modules`);
    return 0;
  }
  if (!compiled.stderr.includes("Setting up base binary")) {
    console.error(compiled.stderr);
    return 1;
  }
  const address = /https:\/\/\S+denort\S+\.zip/.exec(compiled.stderr)?.[0] ?? "denort";
  console.error(
    `Cannot compile ${entry}: its ${graph.size} modules resolve and type-check, ` +
      `but the base binary ${address} cannot be downloaded`,
  );
  return 3;
}

Deno.exit(await compile());
