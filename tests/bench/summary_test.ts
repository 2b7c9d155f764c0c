import { assertEquals } from "@std/assert";
import { sample } from "./_fixtures.ts";
import { summarise } from "./summary.ts";

Deno.test("summarise() takes ratios round by round when the rounds come in any order", () => {
  const samples = [
    sample("pingo", 12, { round: 1 }),
    sample("nginx", 10, { round: 1 }),
    sample("nginx", 40, { round: 3 }),
    sample("nginx", 20, { round: 2 }),
    sample("pingo", 22, { round: 2 }),
    sample("pingo", 60, { round: 3 }),
  ];
  const [summary] = summarise(samples, "nginx");
  assertEquals(summary?.targets.map(({ target, ratio }) => ({ target, ratio })), [
    { target: "pingo", ratio: { median: 1.2, min: 1.1, max: 1.5 } },
    { target: "nginx", ratio: { median: 1, min: 1, max: 1 } },
  ]);
  assertEquals(summary?.targets[0]?.cpuMicrosPerRequest, { median: 22, min: 12, max: 60 });
});

Deno.test("summarise() keeps cases apart", () => {
  const small = { scheme: "http", bodyBytes: 130, connections: 32 } as const;
  const cases = [small, { ...small, bodyBytes: 10_240 }, { ...small, scheme: "https" } as const];
  const samples = cases.map((loadCase, index) => sample("nginx", index + 1, { loadCase }));
  const found = summarise(samples, "nginx");
  assertEquals(found.map(({ targets }) => targets[0]?.cpuMicrosPerRequest.median), [1, 2, 3]);
  assertEquals(found.map(({ loadCase }) => loadCase), cases);
});

Deno.test("summarise() has no ratio when the baseline was not measured", () => {
  assertEquals(summarise([sample("pingo", 12)], "nginx")[0]?.targets[0]?.ratio, null);
});

Deno.test("summarise() takes medians, the highest peak, and every fault with its round", () => {
  const samples = [1, 2, 3].map((round) =>
    sample("nginx", 10, {
      round,
      requestsPerSecond: round * 1000,
      p50Ms: round,
      p99Ms: 10 * round,
      peakBytes: 100 - round,
      faults: round === 1 ? [] : ["1 read errors"],
    })
  );
  const [target] = summarise(samples, "nginx")[0]?.targets ?? [];
  assertEquals(
    [target?.requestsPerSecond, target?.p50Ms, target?.p99Ms, target?.peakBytes],
    [2000, 2, 20, 99],
  );
  assertEquals(target?.faults, ["round 2: 1 read errors", "round 3: 1 read errors"]);
});
