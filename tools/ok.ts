/**
 * `deno task ok`: the one gate. Runs every check, tells which failed, and ends with 1 if any did.
 *
 * `deno task ok --rest` leaves out what `deno task test` runs, for CI, which has run that already.
 *
 * @module
 */

/** The deno.json of the package, as far as it is read here. */
interface Config {
  readonly exports: Readonly<Record<string, string>>;
}

interface Step {
  readonly name: string;
  readonly args: readonly string[];
}

/** Everything at the top level that may hold doc examples; tests/ has the tests, which `--rest` leaves out. */
async function documented(): Promise<string[]> {
  const paths: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(".")) {
    const isExcluded = ["node_modules", "vendor", "coverage", "dist", "tests", "tools"].includes(
      name,
    );
    if (isDirectory ? !isExcluded && !name.startsWith(".") : /\.(ts|md)$/.test(name)) {
      paths.push(name);
    }
  }
  return paths.sort();
}

async function steps(isRest: boolean): Promise<Step[]> {
  const config: Config = JSON.parse(await Deno.readTextFile("deno.json"));
  const tested = isRest ? await documented() : [];
  return [
    { name: "format", args: ["fmt", "--check"] },
    { name: "lint", args: ["lint"] },
    { name: "types", args: ["check", "--quiet"] },
    { name: "docs", args: ["doc", "--lint", ...Object.values(config.exports)] },
    {
      name: isRest ? "doc examples" : "tests and doc examples",
      args: ["test", "-A", "--doc", "--parallel", ...tested],
    },
    { name: "publishing", args: ["publish", "--dry-run", "--allow-dirty"] },
  ];
}

const failed: string[] = [];
for (const { name, args } of await steps(Deno.args.includes("--rest"))) {
  console.log(`\n== ${name}: deno ${args.join(" ")}`);
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    // `deno doc --lint` prints the documentation too, which nobody reads here.
    stdout: args[0] === "doc" ? "null" : "inherit",
  }).spawn().status;
  if (!success) failed.push(name);
}
console.log(failed.length === 0 ? "\nok" : `\nfailed: ${failed.join(", ")}`);
Deno.exit(failed.length === 0 ? 0 : 1);
