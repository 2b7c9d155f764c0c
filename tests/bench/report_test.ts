import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { sample } from "./_fixtures.ts";
import type { SoakSample } from "./soak.ts";
import { faultLines, idleTable, loadTable, soakTable } from "./report/figures.ts";
import { EMPTY_PAGE, findingsMarkdown, markdownTable, replaceMarked } from "./report/markdown.ts";
import { writePage } from "./report/page.ts";
import { textTable } from "./report/text.ts";
import { summarise } from "./summary.ts";
import { BASELINE, createTargets } from "./targets/mod.ts";

const SAMPLES = [
  sample("nginx", 19.26, { round: 1 }),
  sample("pingo", 23.111, { round: 1, requestsPerSecond: 41325.5, p99Ms: 120.4 }),
  sample("nginx", 20, { round: 2 }),
  sample("pingo", 22, { round: 2, requestsPerSecond: 41325.5, p99Ms: 120.4 }),
];
const IDLE = [{
  target: "pingo",
  scheme: "http",
  connections: 1000,
  baseBytes: 40 * 1024 ** 2,
  heldBytes: 40 * 1024 ** 2 + 1000 * 7.1 * 1024,
  faults: [],
}] as const;

const MIB = 1_048_576;
const SOAK: SoakSample[] = [{
  target: "pingo",
  loadCase: { scheme: "http", connections: 32 },
  minutes: 10,
  requests: 123_456,
  residentBytes: [80, 90, 95, 110, 105, 100, 102, 101].map((mib) => mib * MIB),
  faults: [],
}];

Deno.test("textTable() puts names to the left and figures to the right", () => {
  const tables = summarise(SAMPLES, BASELINE).map(loadTable).map(textTable);
  assertEquals(tables, [[
    "target  CPU µs/request  × nginx  least–most  requests/s  p50 ms  p99 ms  peak MiB",
    "nginx             19.6     1.00   1.00–1.00       40000   0.500    2.00        50",
    "pingo             22.6     1.15   1.10–1.20       41326   0.500     120        50",
  ].join("\n")]);
});

Deno.test("idleTable() tells what one connection takes", () => {
  assertEquals(idleTable(IDLE).rows, [["pingo", "http", "7.1", "1000", "40", "47"]]);
});

Deno.test("soakTable() tells how memory went, quarter by quarter", () => {
  assertEquals(soakTable(SOAK).rows, [["pingo", "10", "123456", "90", "110", "100", "101"]]);
});

Deno.test("markdownTable() is a table", () => {
  assertEquals(
    markdownTable({ head: ["target", "ratio"], rows: [["nginx", "1.00"]] }),
    "| target | ratio |\n| --- | ---: |\n| nginx | 1.00 |",
  );
});

Deno.test("faultLines() tells where each fault happened", () => {
  const faulty = SAMPLES.map((each) =>
    each.target === "pingo" && each.round === 2 ? { ...each, faults: ["no answers"] } : each
  );
  const idle = IDLE.map((each) => ({
    ...each,
    faults: ["3 of 1000 connections did not stay open"],
  }));
  assertEquals(faultLines(summarise(SAMPLES, BASELINE), IDLE), []);
  assertEquals(faultLines(summarise(faulty, BASELINE), idle), [
    "http, 130 B, 32 connections: pingo: round 2: no answers",
    "http, idle: pingo: 3 of 1000 connections did not stay open",
  ]);
  assertEquals(faultLines([], [], SOAK.map((each) => ({ ...each, faults: ["7 errors"] }))), [
    "soak: pingo: 7 errors",
  ]);
});

Deno.test("findingsMarkdown() names machine, versions, command and date besides the figures", () => {
  const text = findingsMarkdown({
    environment: {
      date: "2026-03-31",
      command: "deno run -A tests/bench/main.ts --rounds 2",
      commit: "abc1234",
      machine: "Some CPU, 2 CPUs, 24 GiB, Linux 6.1",
      cpus: "CPU 1 for the proxy, CPU 0 for load and upstream",
      load: "wrk/4.1.0, upstream nginx/1.22.1",
      versions: { nginx: "nginx/1.22.1", pingo: "deno/2.9.6" },
    },
    targets: createTargets("proxy.ts").filter(({ name }) => ["nginx", "pingo"].includes(name)),
    summaries: summarise(SAMPLES, BASELINE),
    idle: IDLE,
    soak: SOAK,
  });
  const expected = [
    "2026-03-31",
    "abc1234",
    "`deno run -A tests/bench/main.ts --rounds 2`",
    "Some CPU, 2 CPUs",
    "CPU 1 for the proxy",
    "(nginx/1.22.1)",
    "(deno/2.9.6)",
    "### http, 130 B, 32 connections",
    "| pingo | 22.6 | 1.15 | 1.10–1.20 |",
    "### Idle connections",
    "| pingo | http | 7.1 |",
    "### A long load",
    "| pingo | 10 | 123456 |",
  ];
  for (const each of expected) assertStringIncludes(text, each);
});

Deno.test("replaceMarked() changes what is between the marks and nothing else", () => {
  const once = replaceMarked(`${EMPTY_PAGE}\n## What did not help\n`, "first");
  const twice = replaceMarked(once, "second");
  assertStringIncludes(once, "\n\nfirst\n\n");
  assertEquals(twice, once.replace("first", "second"));
  assertStringIncludes(twice, "## What did not help");
});

Deno.test("replaceMarked() changes the section that it is told", () => {
  const marks = (section: string, text: string) =>
    `<!-- ${section}:begin: written by tests/bench, do not edit -->\n\n${text}\n\n<!-- ${section}:end -->`;
  const page = `${marks("bench", "one")} ${marks("soak", "two")}`;
  assertEquals(
    replaceMarked(page, "three", "soak"),
    `${marks("bench", "one")} ${marks("soak", "three")}`,
  );
  assertThrows(() => replaceMarked(page, "three", "idle"), SyntaxError, "idle:begin");
});

Deno.test("replaceMarked() throws when the marks are not there once and in order", () => {
  const [begin = "", end = ""] = EMPTY_PAGE.match(/<!-- bench:.*-->/g) ?? [];
  for (const page of ["", begin, end, end + begin, begin + begin + end, begin + end + end]) {
    assertThrows(() => replaceMarked(page, "x"), SyntaxError, "Cannot write page", page);
  }
});

Deno.test("writePage() writes a page where there is none, and only the figures where there is one", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/docs/performance.md`;
    await writePage(path, "| target | ratio |\n| --- | ---: |\n| nginx | 1.00 |");
    const page = await Deno.readTextFile(path);
    assertStringIncludes(page, "# Performance");
    assertStringIncludes(page, "| nginx  |  1.00 |");
    await Deno.writeTextFile(path, `${page}\n## What did not help\n\nNothing.\n`);
    await writePage(path, "new");
    const again = await Deno.readTextFile(path);
    assertEquals(again.includes("nginx  |"), false);
    assertStringIncludes(again, "new");
    assertStringIncludes(again, "## What did not help\n\nNothing.\n");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
