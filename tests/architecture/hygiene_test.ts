import { assertEquals } from "@std/assert";
import { hygieneViolations } from "./hygiene.ts";
import { publishedFiles } from "./published_files.ts";
import { checkout } from "../support/checkout.ts";
import { productRoots, sourceFiles } from "../support/source_files.ts";
import { tempProject } from "../support/temp_project.ts";

Deno.test("hygieneViolations() finds none in the package and its examples", async () => {
  const files = await sourceFiles(checkout, [...productRoots, "examples"]);
  const violations: string[] = [];
  for (const file of files.filter((each) => !each.endsWith("_bench.ts"))) {
    violations.push(...hygieneViolations(file, await Deno.readTextFile(`${checkout}/${file}`)));
  }
  assertEquals(violations, []);
});

const clockOnly = "which is for timeout/clock.ts alone";
const outermostOnly = "which is for cli/ and examples/ alone";
const logic = "a mod.ts holds nothing but re-exports";
const cases: { name: string; path: string; source: string; expected: string[] }[] = [
  {
    name: "Date.now outside the clock",
    path: "cache/age.ts",
    source: "// Date.now in a comment is none\nexport const now = Date.now();",
    expected: [`cache/age.ts:2: uses Date.now, ${clockOnly}`],
  },
  {
    name: "Date.now as a default value",
    path: "cache/age.ts",
    source: "export function age(now = Date.now): number {\n  return now();\n}",
    expected: [`cache/age.ts:1: uses Date.now, ${clockOnly}`],
  },
  {
    name: "new Date() but not a date of something",
    path: "cache/age.ts",
    source: "export const a = new Date(0);\nexport const b = new Date();",
    expected: [`cache/age.ts:2: uses new Date(), ${clockOnly}`],
  },
  {
    name: "Math.random outside the clock",
    path: "proxy/a.ts",
    source: "export const a = Math.random();",
    expected: [`proxy/a.ts:1: uses Math.random, ${clockOnly}`],
  },
  {
    name: "timers outside the clock",
    path: "core/http/a.ts",
    source: "setTimeout(f, 1);\nglobalThis.setTimeout(f, 1);\nsetInterval(f, 1);",
    expected: [
      `core/http/a.ts:1: uses setTimeout, ${clockOnly}`,
      `core/http/a.ts:2: uses setTimeout, ${clockOnly}`,
      `core/http/a.ts:3: uses setInterval, ${clockOnly}`,
    ],
  },
  {
    name: "none of these in the clock",
    path: "timeout/clock.ts",
    source: "setTimeout(f, Date.now() + Math.random() + performance.now());",
    expected: [],
  },
  {
    name: "console and Deno.env below the composition root",
    path: "core/server/a.ts",
    source: 'console.log(1);\nDeno.env.get("A");\nDeno.exit(1);',
    expected: [
      `core/server/a.ts:1: uses console, ${outermostOnly}`,
      `core/server/a.ts:2: uses Deno.env, ${outermostOnly}`,
      `core/server/a.ts:3: uses Deno.exit, ${outermostOnly}`,
    ],
  },
  {
    name: "none of these in cli/ and examples/",
    path: "cli/main.ts",
    source: 'console.log(Deno.env.get("A"));',
    expected: [],
  },
  {
    name: "any and the postfix !",
    path: "errors/a.ts",
    source: "export const a: any = 1;\nexport const b = a!;",
    expected: ["errors/a.ts:1: uses any", "errors/a.ts:2: uses the postfix !"],
  },
  {
    name: "logic in a mod.ts",
    path: "errors/mod.ts",
    source:
      'export * from "./a.ts";\nimport { b } from "./b.ts";\nexport const c = b;\nexport { b };',
    expected: [2, 3, 4].map((line) => `errors/mod.ts:${line}: ${logic}`),
  },
  {
    name: "none in a mod.ts of re-exports",
    path: "errors/mod.ts",
    source:
      '/** Docs. @module */\nexport { a, type B } from "./a.ts";\nexport type { C } from "./c.ts";',
    expected: [],
  },
];
for (const { name, path, source, expected } of cases) {
  Deno.test(`hygieneViolations() tells of ${name}`, () => {
    assertEquals(hygieneViolations(path, source), expected);
  });
}

const notForUsers = /^(tests|tools|\.ci)\/|_(test|bench)\.ts$|^\./;

Deno.test("publishing leaves out tests, tools and benches", async () => {
  const files = await publishedFiles(checkout);
  assertEquals(files.filter((file) => notForUsers.test(file)), []);
  assertEquals(files.includes("mod.ts") && files.includes("LICENSE"), true);
});

Deno.test("publishedFiles() lists what a package does not exclude", async () => {
  await using project = await tempProject({
    "deno.json": `{ "name": "@a/b", "version": "1.0.0", "license": "MIT", "exports": "./mod.ts",
      "publish": { "exclude": ["tools"] } }`,
    "mod.ts": "export {};\n",
    "a_bench.ts": "export {};\n",
    "tests/a_test.ts": "export {};\n",
    "tools/a.ts": "export {};\n",
  });
  const files = await publishedFiles(project.root);
  assertEquals(files.filter((file) => notForUsers.test(file)), ["a_bench.ts", "tests/a_test.ts"]);
});

const topLevel = [
  ...productRoots,
  ...["examples", "tests", "docs", "tools", "deno.json", "LICENSE"],
  ...["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"],
  ...["vendor", "node_modules", "coverage", "dist"],
];

Deno.test("the top level holds nothing but the design's folders and packaging files", async () => {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(checkout)) names.push(name);
  const isUnknown = (name: string): boolean => !/^\.|\.log$/.test(name) && !topLevel.includes(name);
  assertEquals(names.filter(isUnknown), []);
});
