import { assertEquals } from "@std/assert";
import { documentationGaps } from "./docs.ts";
import { checkout } from "../support/checkout.ts";
import { tempProject } from "../support/temp_project.ts";

Deno.test("documentationGaps() finds none in the package", async () => {
  assertEquals(await documentationGaps(checkout), []);
});

const example = "@example\n * ```ts\n * assertEquals(1, 1);\n * ```\n";

async function gapsOf(source: string): Promise<string[]> {
  const module = `/**\n * A module.\n *\n * ${example} * @module\n */\n`;
  await using project = await tempProject({
    "deno.json": `{ "name": "@a/b", "exports": { ".": "./mod.ts" } }`,
    "mod.ts": `${module}export * from "./inner.ts";\n`,
    "inner.ts": source,
  });
  return await documentationGaps(project.root);
}

const cases: { name: string; source: string; gaps: string[] }[] = [
  {
    name: "none where a function has text and example",
    source: `/**\n * Text.\n *\n * ${example} */\nexport function f(): void {}`,
    gaps: [],
  },
  {
    name: "none where one of two overloads has them",
    source: `/**\n * Text.\n *\n * ${example} */\nexport function f(): void;
export function f(a: string): void;\nexport function f(_a?: string): void {}`,
    gaps: [],
  },
  {
    name: "a function without docs",
    source: "export function f(): void {}",
    gaps: [
      "inner.ts: function f lacks a running example with an assertion",
      "inner.ts: function f lacks a text",
    ],
  },
  {
    name: "a class whose example is not run",
    source: `/**\n * Text.\n *\n * ${
      example.replace("```ts", "```ts ignore")
    } */\nexport class C {}`,
    gaps: ["inner.ts: class C lacks a running example with an assertion"],
  },
  {
    name: "a function whose example asserts nothing",
    source: `/**\n * Text.\n *\n * ${
      example.replace("assertEquals", "f")
    } */\nexport function f(): void {}`,
    gaps: ["inner.ts: function f lacks a running example with an assertion"],
  },
  {
    name: "types and values without a sentence",
    source: "export interface I {}\nexport type T = 1;\nexport const c = 1;",
    gaps: [
      "inner.ts: interface I lacks a text",
      "inner.ts: typeAlias T lacks a text",
      "inner.ts: variable c lacks a text",
    ],
  },
  {
    name: "none where types and values have a sentence",
    source: "/** An I. */\nexport interface I {}\n/** A c. */\nexport const c = 1;",
    gaps: [],
  },
];
for (const { name, source, gaps } of cases) {
  Deno.test(`documentationGaps() tells of ${name}`, async () => {
    assertEquals(await gapsOf(source), gaps);
  });
}

Deno.test("documentationGaps() tells of a module without docs", async () => {
  await using project = await tempProject({
    "deno.json": `{ "name": "@a/b", "exports": { ".": "./mod.ts" } }`,
    "mod.ts": "export {};\n",
  });
  assertEquals(await documentationGaps(project.root), [
    "mod.ts: module lacks a running example with an assertion",
    "mod.ts: module lacks a text",
  ]);
});
