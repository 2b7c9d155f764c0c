import { assertEquals, assertMatch } from "@std/assert";
import { checkout } from "../support/checkout.ts";
import { type Output, runDeno } from "../support/run_deno.ts";
import { findProgram } from "../support/needs.ts";
import { tempProject } from "../support/temp_project.ts";

/** Runs the compile tool on a program of two modules. */
async function compile(
  main: string,
  env: Readonly<Record<string, string>>,
): Promise<Output & { built: boolean; hasFolder: boolean }> {
  await using project = await tempProject({
    "deno.json": "{}",
    "cli/main.ts": main,
    "cli/greeting.ts": `export const greeting: string = "hello";\n`,
  });
  const { root } = project;
  const output = await runDeno(["run", "-A", `${checkout}/tools/compile.ts`], {
    cwd: root,
    // An empty DENO_DIR, so that no base binary lies there already.
    env: { DENO_DIR: `${root}/deno_dir`, ...env },
  });
  const built = await Deno.stat(`${root}/dist/pingo`).then(() => true, () => false);
  const hasFolder = await Deno.stat(`${root}/dist`).then(() => true, () => false);
  return { ...output, built, hasFolder };
}

// Any ELF file does for the tool; what Deno makes of it is Deno's.
const base = { DENORT_BIN: findProgram("true") ?? Deno.execPath() };
const good = `import { greeting } from "./greeting.ts";\nconsole.log(greeting);\n`;
// Nobody listens on port 9 (discard): no download goes through.
const offline = { HTTPS_PROXY: "http://127.0.0.1:9", https_proxy: "http://127.0.0.1:9" };

Deno.test("compile builds the executable when there is a base binary", async () => {
  const { code, stdout, stderr, built } = await compile(good, base);
  assertEquals({ code, stdout, built }, {
    code: 0,
    stdout: "Built dist/pingo out of 2 modules\n",
    built: true,
  }, stderr);
});

Deno.test("compile tells in one line what it checked when the base binary cannot be downloaded", async () => {
  const { code, stderr, built, hasFolder } = await compile(good, offline);
  // No empty folder is left behind either.
  assertEquals({ code, built, hasFolder }, { code: 3, built: false, hasFolder: false }, stderr);
  assertMatch(
    stderr,
    /^Cannot compile cli\/main\.ts: its 2 modules resolve and type-check, but the base binary https:\/\/\S+ cannot be downloaded\n$/,
  );
});

Deno.test("compile builds this package's program with every npm package that it imports", async () => {
  await using folder = await tempProject({});
  const { code, stdout, stderr } = await runDeno(
    ["run", "-A", "tools/compile.ts", `${folder.root}/pingo`],
    { cwd: checkout, env: base },
  );
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^Built \S+\/pingo out of \d{2,} modules\n$/);
});

const broken: { name: string; main: string; message: RegExp }[] = [
  {
    name: "a module is missing",
    main: `import "./absent.ts";\n`,
    message: /^Cannot compile cli\/main\.ts: .*absent\.ts/,
  },
  {
    name: "a type does not fit",
    main: `export const a: number = "text";\n`,
    message: /TS2322/,
  },
];
for (const { name, main, message } of broken) {
  Deno.test(`compile fails when ${name}`, async () => {
    const { code, stderr, built } = await compile(main, offline);
    assertEquals({ code, built }, { code: 1, built: false }, stderr);
    assertMatch(stderr, message);
  });
}
