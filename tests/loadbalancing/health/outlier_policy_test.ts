import { assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { ProxyError } from "../../../errors/mod.ts";
import {
  type OutlierOptions,
  OutlierPolicy,
  successRateThreshold,
} from "../../../loadbalancing/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";

const HOSTS = ["a", "b", "c", "d", "e", "f"];

function bench(options: OutlierOptions & { random?: () => number } = {}, hosts = HOSTS) {
  const clock = new FakeClock();
  const told: string[] = [];
  const policy = new OutlierPolicy<string>({
    clock,
    onDecision: ({ host, action, rule, ejectionMs }) => {
      const why = rule === null ? "" : ` ${rule}`;
      told.push(`${host} ${action}${why}${ejectionMs > 0 ? ` ${ejectionMs}` : ""}`);
    },
    ...options,
  });
  policy.setHosts(hosts);
  const report = (host: string, status: number, times = 1) => {
    for (let n = 0; n < times; n++) policy.report(host, { status, error: null, durationMs: 1 });
  };
  const fail = (host: string, times = 1) => {
    const error = new ProxyError("connect_refused");
    for (let n = 0; n < times; n++) policy.report(host, { status: null, error, durationMs: 1 });
  };
  const sweepAfter = (ms: number) => {
    clock.advance(ms);
    policy.sweep();
  };
  const take = () => told.splice(0);
  return { clock, policy, report, fail, sweepAfter, take };
}

Deno.test("OutlierPolicy ejects at the fifth failure in a row, for 30 s", () => {
  const { report, sweepAfter, take } = bench();
  report("a", 500, 4);
  report("a", 200);
  report("a", 500, 4);
  assertEquals(take(), []);
  report("a", 500);
  assertEquals(take(), ["a ejected consecutive_5xx 30000"]);
  sweepAfter(29_999);
  assertEquals(take(), []);
  sweepAfter(1);
  assertEquals(take(), ["a returned"]);
});

Deno.test("OutlierPolicy counts local failures and 5xx answers together, and ignores a client that left", () => {
  const { policy, report, fail, take } = bench();
  report("a", 500, 2);
  fail("a", 2);
  policy.report("a", { status: null, error: new ProxyError("client_gone"), durationMs: 1 });
  assertEquals(take(), []);
  report("a", 599);
  assertEquals(take(), ["a ejected consecutive_5xx 30000"]);
});

Deno.test("OutlierPolicy only tells of gateway failures unless that is enforced", () => {
  const lenient = bench({ consecutive5xx: 9 });
  lenient.report("a", 503, 5);
  assertEquals(lenient.take(), ["a not_enforced consecutive_gateway_failures"]);
  const strict = bench({ enforcingConsecutiveGatewayFailures: 100, consecutiveGatewayFailures: 3 });
  strict.report("a", 502, 2);
  strict.report("a", 500);
  strict.report("a", 504);
  strict.fail("a", 1);
  assertEquals(strict.take(), ["a ejected consecutive_5xx 30000"]);
  strict.report("b", 502, 2);
  strict.fail("b", 1);
  assertEquals(strict.take(), ["b limit_reached consecutive_gateway_failures"]);
});

Deno.test("OutlierPolicy enforces by chance where a percentage says so", () => {
  let chance = 0.6;
  const { report, take } = bench({ enforcingConsecutive5xx: 60, random: () => chance });
  report("a", 500, 5);
  assertEquals(take(), ["a not_enforced consecutive_5xx"]);
  chance = 0.59;
  report("a", 500, 5);
  assertEquals(take(), ["a ejected consecutive_5xx 30000"]);
});

Deno.test("OutlierPolicy ejects n times as long at the n-th time, up to maxEjectionMs", () => {
  const { report, sweepAfter, take } = bench({ maxEjectionMs: 70_000 });
  const lasted: string[] = [];
  for (let n = 0; n < 4; n++) {
    report("a", 500, 5);
    lasted.push(...take());
    sweepAfter(70_000);
    take();
  }
  assertEquals(lasted.map((text) => text.split(" ").at(-1)), ["30000", "60000", "70000", "70000"]);
});

Deno.test("OutlierPolicy ejects shorter again after healthy intervals", () => {
  const { report, sweepAfter, take } = bench();
  const lasts = () => {
    report("a", 500, 5);
    return take().at(-1);
  };
  for (const ms of [30_000, 60_000, 90_000]) {
    assertEquals(lasts(), `a ejected consecutive_5xx ${ms}`);
    sweepAfter(ms);
  }
  for (let n = 0; n < 2; n++) sweepAfter(10_000);
  assertEquals(lasts(), "a ejected consecutive_5xx 60000");
});

Deno.test("OutlierPolicy comes down from the longest ejection in as many intervals as it has base times", () => {
  const { report, sweepAfter, take } = bench({ maxEjectionMs: 60_000 });
  for (let n = 0; n < 20; n++) {
    report("a", 500, 5);
    sweepAfter(60_000);
  }
  take();
  for (let n = 0; n < 3; n++) sweepAfter(10_000);
  report("a", 500, 5);
  assertEquals(take(), ["a ejected consecutive_5xx 30000"]);
});

Deno.test("OutlierPolicy adds jitter of at most maxEjectionJitterMs", () => {
  const { report, take } = bench({ maxEjectionJitterMs: 1_000, random: () => 0.5 });
  report("a", 500, 5);
  assertEquals(take(), ["a ejected consecutive_5xx 30500"]);
});

Deno.test("OutlierPolicy ejects no more than maxEjectionPercent, but one always", () => {
  const hosts = Array.from({ length: 20 }, (_, n) => `h${n}`);
  const { policy, report, take } = bench({}, hosts);
  for (const host of ["h0", "h1", "h2"]) report(host, 500, 5);
  assertEquals(take().map((text) => text.split(" ")[1]), ["ejected", "ejected", "limit_reached"]);
  policy.setHosts(hosts.slice(1));
  assertEquals(policy.ejectedCount, 1);
  const few = bench();
  few.report("a", 500, 5);
  few.report("b", 500, 5);
  assertEquals(few.take().map((text) => text.split(" ")[1]), ["ejected", "limit_reached"]);
  const none = bench({ alwaysEjectOne: false });
  none.report("a", 500, 5);
  assertEquals(none.take(), ["a limit_reached consecutive_5xx"]);
  const half = bench({ maxEjectionPercent: 50 });
  for (const host of HOSTS) half.report(host, 500, 5);
  assertEquals(half.policy.ejectedCount, 3);
});

Deno.test("OutlierPolicy ejects by success rate at the sweep", () => {
  const { policy, report, sweepAfter, take } = bench({ consecutive5xx: 1_000 });
  for (const host of HOSTS) report(host, 200, 95);
  for (const host of HOSTS.slice(1)) report(host, 200, 5);
  report("a", 500, 5);
  assertEquals(take(), []);
  sweepAfter(10_000);
  assertEquals(take(), ["a ejected success_rate 30000"]);
  assertEquals(policy.snapshot()[0].successRate, 0.95);
  assertEquals(policy.snapshot()[1].successRate, 1);
});

Deno.test("OutlierPolicy forgets the success rate of the interval before", () => {
  const { report, sweepAfter, take } = bench({ consecutive5xx: 1_000 });
  for (const host of HOSTS) report(host, host === "a" ? 500 : 200, 60);
  sweepAfter(10_000);
  for (const host of HOSTS) report(host, 200, 60);
  sweepAfter(10_000);
  assertEquals(take(), []);
});

const rateCases: [name: string, options: OutlierOptions, volume: number, ejects: boolean][] = [
  ["enough of everything", {}, 100, true],
  ["too few requests", {}, 99, false],
  ["fewer requests wanted", { successRateRequestVolume: 99 }, 99, true],
  ["too few hosts", { successRateMinHosts: 7 }, 100, false],
  ["a wide factor", { successRateStdevFactor: 3_000 }, 100, false],
  ["not enforced", { enforcingSuccessRate: 0 }, 100, false],
];
for (const [name, options, volume, ejects] of rateCases) {
  Deno.test(`OutlierPolicy ${ejects ? "compares" : "does not eject by"} success rates with ${name}`, () => {
    const { policy, report, sweepAfter } = bench({ consecutive5xx: 1_000, ...options });
    for (const host of HOSTS) report(host, host === "a" ? 500 : 200, volume);
    sweepAfter(10_000);
    assertEquals(policy.ejectedCount, ejects ? 1 : 0);
  });
}

Deno.test("OutlierPolicy counts local failures apart when splitLocalFailures", () => {
  const { report, fail, take } = bench({ splitLocalFailures: true, maxEjectionPercent: 100 });
  fail("a", 2);
  report("a", 500, 2);
  fail("a", 4);
  assertEquals(take(), []);
  fail("a", 1);
  assertEquals(take(), ["a ejected consecutive_local_failures 30000"]);
  fail("b", 4);
  report("b", 500, 4);
  assertEquals(take(), []);
  report("b", 500);
  assertEquals(take(), ["b ejected consecutive_5xx 30000"]);
  const told = bench({
    splitLocalFailures: true,
    consecutiveLocalFailures: 2,
    enforcingConsecutiveLocalFailures: 0,
  });
  told.fail("a", 2);
  assertEquals(told.take(), ["a not_enforced consecutive_local_failures"]);
});

Deno.test("OutlierPolicy compares how well hosts are reached when splitLocalFailures", () => {
  for (const enforcingLocalSuccessRate of [100, 0]) {
    const { report, fail, sweepAfter, take } = bench({
      splitLocalFailures: true,
      enforcingLocalSuccessRate,
    });
    for (const host of HOSTS) report(host, 200, 100);
    for (let n = 0; n < 10; n++) {
      fail("a");
      report("a", 200);
    }
    sweepAfter(10_000);
    const ejected = enforcingLocalSuccessRate === 100;
    assertEquals(take(), [
      ejected ? "a ejected local_success_rate 30000" : "a not_enforced local_success_rate",
    ]);
  }
});

Deno.test("OutlierPolicy takes failures of an ejected host for nothing, and forgets them at its return", () => {
  const { report, sweepAfter, take } = bench();
  report("a", 500, 14);
  assertEquals(take(), ["a ejected consecutive_5xx 30000"]);
  sweepAfter(30_000);
  report("a", 500, 4);
  assertEquals(take(), ["a returned"]);
});

Deno.test("OutlierPolicy.giveBack() lets a host return before its time", () => {
  const { policy, report, take } = bench();
  report("a", 500, 5);
  assertEquals(policy.snapshot()[0].returnsInMs, 30_000);
  assertEquals([policy.giveBack("a"), policy.giveBack("a"), policy.giveBack("z")], [
    true,
    false,
    false,
  ]);
  assertEquals(take(), ["a ejected consecutive_5xx 30000", "a returned"]);
  assertEquals(policy.snapshot()[0], {
    host: "a",
    isEjected: false,
    ejections: 1,
    returnsInMs: 0,
    consecutiveFailures: 0,
    successRate: null,
  });
});

Deno.test("OutlierPolicy.setHosts() keeps what is known of hosts that stay", () => {
  const { policy, report, take } = bench();
  report("a", 500, 4);
  policy.setHosts(["a", "z"]);
  report("a", 500);
  report("b", 500, 5);
  assertEquals(take(), ["a ejected consecutive_5xx 30000"]);
  policy.setHosts(["z"]);
  assertEquals(policy.ejectedCount, 0);
});

Deno.test("OutlierPolicy compares no success rate of a host that is ejected", () => {
  const { policy, report, sweepAfter } = bench();
  report("a", 500, 5);
  report("a", 200, 100);
  sweepAfter(10_000);
  assertEquals(policy.snapshot()[0].successRate, null);
});

Deno.test("OutlierPolicy.setHosts() may be called by who hears of a return that it causes", () => {
  const policy = new OutlierPolicy<string>({
    onDecision: ({ action }) => {
      if (action === "returned") policy.setHosts(["z"]);
    },
  });
  policy.setHosts(["a", "b"]);
  for (let n = 0; n < 5; n++) policy.report("a", { status: 500, error: null, durationMs: 1 });
  policy.setHosts(["b", "c"]);
  assertEquals([policy.snapshot().map(({ host }) => host), policy.ejectedCount], [["z"], 0]);
});

Deno.test("OutlierPolicy throws RangeError for options that make no sense", () => {
  const bad: [OutlierOptions, string][] = [
    [{ consecutive5xx: 0 }, "consecutive5xx is 0"],
    [{ consecutiveGatewayFailures: 1.5 }, "consecutiveGatewayFailures"],
    [{ consecutiveLocalFailures: NaN }, "consecutiveLocalFailures"],
    [{ enforcingSuccessRate: 101 }, "enforcingSuccessRate is 101, not from 0 to 100"],
    [{ maxEjectionPercent: -1 }, "maxEjectionPercent"],
    [{ successRateMinHosts: 0 }, "successRateMinHosts"],
    [{ successRateStdevFactor: -1 }, "successRateStdevFactor"],
    [{ intervalMs: 0 }, "intervalMs is 0, not a time above 0"],
    [{ baseEjectionMs: Infinity }, "baseEjectionMs"],
    [{ maxEjectionJitterMs: -1 }, "maxEjectionJitterMs"],
    [{ baseEjectionMs: 10, maxEjectionMs: 9 }, "less than baseEjectionMs"],
  ];
  for (const [options, text] of bad) {
    assertThrows(() => new OutlierPolicy(options), RangeError, text);
  }
});

Deno.test("OutlierPolicy lets maxEjectionMs follow a longer baseEjectionMs", () => {
  const { report, take } = bench({ baseEjectionMs: 400_000 });
  report("a", 500, 5);
  assertEquals(take(), ["a ejected consecutive_5xx 400000"]);
});

Deno.test("successRateThreshold() is the mean less a multiple of the deviation", () => {
  const { mean, threshold } = successRateThreshold([0.5, 1, 1, 1, 1], 1.9);
  assertAlmostEquals(mean, 0.9);
  assertAlmostEquals(threshold, 0.52);
});
