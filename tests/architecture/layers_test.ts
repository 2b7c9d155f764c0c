import { assertEquals } from "@std/assert";
import { importGraph } from "./import_graph.ts";
import { layerViolations } from "./layers.ts";
import { exportedFiles } from "../support/package_config.ts";
import { checkout } from "../support/checkout.ts";
import { productRoots } from "../support/source_files.ts";
import { tempProject } from "../support/temp_project.ts";

Deno.test("layerViolations() finds none in the package and its examples", async () => {
  const imports = await importGraph(checkout, [...productRoots, "examples"]);
  assertEquals(layerViolations(imports, await exportedFiles(checkout)), []);
});

const forbidden: { name: string; from: string; to: string; why: string }[] = [
  {
    name: "an import upwards",
    from: "errors/a.ts",
    to: "timeout/mod.ts",
    why: "errors may not import timeout",
  },
  {
    name: "a sibling",
    from: "proxy/a.ts",
    to: "cache/mod.ts",
    why: "proxy may not import cache",
  },
  {
    name: "proxy/service from proxy",
    from: "proxy/mod.ts",
    to: "proxy/service/mod.ts",
    why: "proxy may not import proxy/service",
  },
  {
    name: "a file behind another module's mod.ts",
    from: "timeout/a.ts",
    to: "errors/b.ts",
    why: "across modules only through a mod.ts",
  },
  {
    name: "server from http inside core",
    from: "core/http/a.ts",
    to: "core/server/mod.ts",
    why: "core/http may not import core/server",
  },
  {
    name: "a sibling inside core",
    from: "core/listen/a.ts",
    to: "core/transport/mod.ts",
    why: "core/listen may not import core/transport",
  },
  {
    name: "core/mod.ts from inside core",
    from: "core/http/a.ts",
    to: "core/mod.ts",
    why: "core/http may not import core/mod.ts",
  },
  {
    name: "the adapter of a port from core",
    from: "core/redis/redis_script.ts",
    to: "core/redis/iovalkey/mod.ts",
    why: "core may not import core/redis/iovalkey",
  },
  {
    name: "the client of Redis from a limiter",
    from: "limits/redis/a.ts",
    to: "npm:/iovalkey@0.4.0",
    why: "only core/redis/iovalkey imports iovalkey",
  },
  {
    name: "a heavy package outside its export",
    from: "core/telemetry/a.ts",
    to: "npm:/prom-client@15.1.3",
    why: "only core/prometheus imports prom-client",
  },
  {
    name: "tests from the product",
    from: "core/http/a.ts",
    to: "tests/support/needs.ts",
    why: "core may not import tests",
  },
  {
    name: "a new folder at the top level",
    from: "utils/a.ts",
    to: "errors/mod.ts",
    why: "utils is no module of the design",
  },
];
for (const { name, from, to, why } of forbidden) {
  Deno.test(`layerViolations() tells of ${name}`, () => {
    const exported = ["errors/mod.ts", "timeout/mod.ts", "core/mod.ts", "cache/mod.ts"];
    exported.push("proxy/service/mod.ts");
    assertEquals(layerViolations([{ from, to }], exported), [`${from} -> ${to}: ${why}`]);
  });
}

const permitted: { name: string; from: string; to: string }[] = [
  { name: "a lower module through its mod.ts", from: "core/http/a.ts", to: "errors/mod.ts" },
  { name: "a lower folder of core", from: "core/transport/a.ts", to: "core/http/head.ts" },
  { name: "the same folder", from: "core/http/a.ts", to: "core/http/b.ts" },
  { name: "everything in proxy/service", from: "proxy/service/a.ts", to: "cache/mod.ts" },
  { name: "anything in a bench", from: "errors/a_bench.ts", to: "core/http/head.ts" },
  { name: "anything in a tool of tests", from: "tests/support/a.ts", to: "core/http/head.ts" },
  { name: "prom-client at home", from: "core/prometheus/a.ts", to: "npm:/prom-client@15.1.3" },
];
for (const { name, from, to } of permitted) {
  Deno.test(`layerViolations() permits ${name}`, () => {
    assertEquals(layerViolations([{ from, to }], ["errors/mod.ts", "cache/mod.ts"]), []);
  });
}

Deno.test("importGraph() counts import type and unreached files when it reads a folder", async () => {
  await using project = await tempProject({
    "deno.json": `{ "imports": { "pingo": "./timeout/mod.ts" } }`,
    "errors/kind.ts": `import type { Clock } from "../timeout/mod.ts";\nexport type A = Clock;\n`,
    "errors/unreached.ts": `export { now } from "pingo";\n`,
    "timeout/mod.ts": `export type Clock = number;\nexport const now = 1;\n`,
  });
  const imports = await importGraph(project.root, ["errors", "timeout", "absent"]);
  assertEquals(layerViolations(imports, ["timeout/mod.ts"]).sort(), [
    "errors/kind.ts -> timeout/mod.ts: errors may not import timeout",
    "errors/unreached.ts -> timeout/mod.ts: errors may not import timeout",
  ]);
});
