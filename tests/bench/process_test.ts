import { assert, assertEquals, assertThrows } from "@std/assert";
import { planCpus } from "./process/cpus.ts";
import { parseMaxFiles } from "./process/limits.ts";
import { parseProcessMemory } from "./process/process_memory.ts";
import { parseProcessStat } from "./process/process_stat.ts";
import { cpuMicros, descend, memoryOf } from "./process/process_tree.ts";

const STAT_REST = "S 41 42 42 0 -1 4194560 2204 900 12 0 700 300 20 5 20 0 9 0 8812 100 200";

Deno.test("parseProcessStat() adds up the CPU time of threads and ended children", () => {
  assertEquals(parseProcessStat(`42 (nginx) ${STAT_REST}\n`), {
    pid: 42,
    parent: 41,
    cpuTicks: 700 + 300 + 20 + 5,
  });
});

Deno.test("parseProcessStat() finds its fields when the command looks like some", () => {
  const stat = parseProcessStat(`42 (a) S 1 (b c) ${STAT_REST}`);
  assertEquals([stat.parent, stat.cpuTicks], [41, 1025]);
});

Deno.test("parseProcessStat() throws when the line is cut or is something else", () => {
  for (const line of ["", "42", "42 (nginx) S 41", "nginx", `x (nginx) ${STAT_REST}`]) {
    assertThrows(() => parseProcessStat(line), SyntaxError, "Cannot read process stat");
  }
});

Deno.test("descend() finds children of children in any order, and nobody else's", () => {
  const process = (pid: number, parent: number) => ({ pid, parent, cpuTicks: 0 });
  const all = [process(9, 8), process(8, 7), process(5, 1), process(7, 1), process(6, 7)];
  assertEquals(descend(all, 7).map(({ pid }) => pid).toSorted(), [6, 7, 8, 9]);
  assertEquals(descend(all, 70), []);
});

Deno.test("parseProcessMemory() reads bytes, and null when the process is a zombie", () => {
  const status = "Name:\tnginx\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\nThreads:\t1\n";
  assertEquals(parseProcessMemory(status), {
    peakBytes: 20480 * 1024,
    residentBytes: 10240 * 1024,
  });
  assertEquals(parseProcessMemory("Name:\tnginx\nState:\tZ (zombie)\n"), null);
});

Deno.test({
  name: "cpuMicros() and memoryOf() read this very process",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { now, peak } = await memoryOf(Deno.pid);
    assert(now > 1024 ** 2 && peak > 1024 ** 2, `${now} bytes now, ${peak} at most`);
    assert(await cpuMicros(Deno.pid) > 0);
  },
});

Deno.test("planCpus() keeps the last CPU for the proxy", () => {
  const cases = [
    { list: "0-1\n", plan: { proxy: "1", load: "0" } },
    { list: "0-3", plan: { proxy: "3", load: "0,1,2" } },
    { list: "2,4-5", plan: { proxy: "5", load: "2,4" } },
    { list: "7", plan: { proxy: "7", load: "7" } },
  ];
  for (const { list, plan } of cases) assertEquals(planCpus(list), plan, list);
  assertThrows(() => planCpus("0-"), SyntaxError, "Cannot read list of CPUs");
});

Deno.test("parseMaxFiles() reads the hard limit, and a bound when there is none", () => {
  const limits = (hard: string) =>
    `Limit                     Soft Limit           Hard Limit           Units\n` +
    `Max open files            1024                 ${hard}              files\n`;
  assertEquals(parseMaxFiles(limits("20000")), 20_000);
  assertEquals(parseMaxFiles(limits("1048576")), 65_536);
  assertEquals(parseMaxFiles(limits("unlimited")), 65_536);
  assertThrows(() => parseMaxFiles("Max processes 1 2 3\n"), SyntaxError, "Cannot read limits");
});
