import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ProxyError } from "../../../errors/mod.ts";
import { OutlierPolicy } from "../../../loadbalancing/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";

type Step =
  | {
    readonly do: "answer";
    readonly host: number;
    readonly status: number;
    readonly times: number;
  }
  | { readonly do: "fail"; readonly host: number; readonly times: number }
  | { readonly do: "sweep"; readonly ms: number }
  | { readonly do: "resize"; readonly hosts: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("answer" as const),
    host: fc.nat(29),
    status: fc.constantFrom(200, 404, 500, 503),
    times: fc.integer({ min: 1, max: 30 }),
  }),
  fc.record({
    do: fc.constant("fail" as const),
    host: fc.nat(29),
    times: fc.integer({ min: 1, max: 30 }),
  }),
  fc.record({ do: fc.constant("sweep" as const), ms: fc.integer({ min: 1, max: 60_000 }) }),
  fc.record({ do: fc.constant("resize" as const), hosts: fc.integer({ min: 1, max: 30 }) }),
);

const names = (count: number) => Array.from({ length: count }, (_, n) => n);

Deno.test("OutlierPolicy never ejects more than allowed, and whoever is ejected returns", () => {
  fc.assert(fc.property(
    fc.array(step, { maxLength: 120 }),
    fc.integer({ min: 0, max: 100 }),
    fc.boolean(),
    (steps, maxEjectionPercent, splitLocalFailures) => {
      const clock = new FakeClock();
      const ejected = new Set<number>();
      let hosts = 10;
      const policy = new OutlierPolicy<number>({
        clock,
        maxEjectionPercent,
        splitLocalFailures,
        successRateRequestVolume: 20,
        enforcingConsecutiveGatewayFailures: 100,
        onDecision: ({ host, action, ejectionMs }) => {
          if (action === "ejected") {
            const isFirst = ejected.size === 0;
            assert(!ejected.has(host) && ejectionMs >= 30_000 && ejectionMs <= 300_000);
            ejected.add(host);
            assert(isFirst || ejected.size * 100 <= maxEjectionPercent * hosts);
          } else if (action === "returned") assert(ejected.delete(host));
        },
      });
      policy.setHosts(names(hosts));
      const error = new ProxyError("connection_reset");
      for (const each of steps) {
        if (each.do === "sweep") {
          clock.advance(each.ms);
          policy.sweep();
        } else if (each.do === "resize") {
          hosts = each.hosts;
          policy.setHosts(names(hosts));
        } else {
          const outcome = each.do === "fail"
            ? { status: null, error, durationMs: 1 }
            : { status: each.status, error: null, durationMs: 1 };
          for (let n = 0; n < each.times; n++) policy.report(each.host, outcome);
        }
        assertEquals(policy.ejectedCount, ejected.size);
      }
      clock.advance(300_000);
      policy.sweep();
      const left = policy.snapshot().filter(({ isEjected }) => isEjected);
      // Only one whose success rate of the last interval was bad may have been ejected by this very sweep.
      assert(left.every(({ returnsInMs }) => returnsInMs >= 30_000));
      clock.advance(300_000);
      policy.sweep();
      assertEquals(policy.ejectedCount, 0);
      assertEquals(ejected.size, 0);
    },
  ));
});

Deno.test("OutlierPolicy ejects nobody by success rate when all rates are equal", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 100 }),
    fc.nat(100),
    fc.integer({ min: 5, max: 12 }),
    fc.integer({ min: 0, max: 3_000 }),
    (total, good, hosts, successRateStdevFactor) => {
      const policy = new OutlierPolicy<number>({
        clock: new FakeClock(),
        consecutive5xx: 1_000,
        successRateRequestVolume: 1,
        successRateStdevFactor,
      });
      policy.setHosts(names(hosts));
      for (const host of names(hosts)) {
        for (let n = 0; n < total; n++) {
          policy.report(host, { status: n < good ? 200 : 500, error: null, durationMs: 1 });
        }
      }
      policy.sweep();
      assertEquals(policy.ejectedCount, 0);
    },
  ));
});
