import { assertEquals } from "@std/assert";
import {
  Bulkhead,
  CircuitBreaker,
  composePolicies,
  constantBackoff,
  HedgePolicy,
  type Operation,
  type Policy,
  RetryPolicy,
  sleep,
  TimeoutGroup,
  TimeoutPolicy,
} from "@pingo/pingo/timeout";
import { CountingSignal } from "./_counting_signal.ts";

// On the system's clock and with timers of a minute: one that stays makes the sanitizer of Deno.test fail the test. The
// tests have no permission, as the module needs none.

const MINUTE = 60_000;

const policies: { name: string; make: () => Policy }[] = [
  { name: "CircuitBreaker", make: () => new CircuitBreaker({ openMs: MINUTE }) },
  {
    name: "RetryPolicy",
    make: () => new RetryPolicy({ backoff: constantBackoff(1), maxAttempts: 2 }),
  },
  {
    name: "RetryPolicy with a total timeout",
    make: () =>
      new RetryPolicy({ backoff: constantBackoff(1), maxAttempts: 2, totalTimeoutMs: MINUTE }),
  },
  { name: "HedgePolicy", make: () => new HedgePolicy({ delayMs: MINUTE, maxAttempts: 2 }) },
  { name: "TimeoutPolicy", make: () => new TimeoutPolicy({ timeoutMs: MINUTE }) },
  {
    name: "Bulkhead",
    make: () => new Bulkhead({ maxConcurrent: 1, maxQueue: 1, maxWaitMs: MINUTE }),
  },
  {
    name: "TimeoutGroup",
    make: () => ({
      call: (operation, context) => new TimeoutGroup(MINUTE, context).go(operation),
    }),
  },
];

interface End {
  readonly name: string;
  readonly operation: Operation<unknown>;
  readonly status: "fulfilled" | "rejected";
  /** Aborts the caller's signal while the operation runs. */
  readonly isAborted?: boolean;
}

const ends: readonly End[] = [
  { name: "a value", operation: () => 1, status: "fulfilled" },
  { name: "an answer", operation: () => sleep(1), status: "fulfilled" },
  {
    name: "an error at once",
    operation: () => {
      throw new Error("refused");
    },
    status: "rejected",
  },
  {
    name: "an error later",
    operation: () => sleep(1).then(() => Promise.reject(new Error("refused"))),
    status: "rejected",
  },
  {
    name: "an abort",
    operation: ({ signal }) => sleep(MINUTE, { signal }),
    status: "rejected",
    isAborted: true,
  },
];

for (const { name, make } of [...policies, allTogether()]) {
  for (const { name: end, operation, status, isAborted = false } of ends) {
    Deno.test({
      name: `${name} leaves no timer and no listener after ${end}`,
      permissions: "none",
      fn: async () => {
        const counting = new CountingSignal();
        const controller = new AbortController();
        const signal = isAborted ? controller.signal : counting.signal;
        const result = Promise.allSettled([make().call(operation, { signal })]);
        if (isAborted) controller.abort(new Error("client left"));
        assertEquals((await result)[0].status, status);
        assertEquals(counting.listeners, 0);
      },
    });
  }
}

Deno.test({
  name: "Bulkhead leaves no timer after a wait that is served or given up",
  permissions: "none",
  fn: async () => {
    const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueue: 2, maxWaitMs: MINUTE });
    const controller = new AbortController();
    const results = Promise.allSettled([
      bulkhead.call(() => sleep(2)),
      bulkhead.call(() => 1),
      bulkhead.call(() => 2, { signal: controller.signal }),
    ]);
    controller.abort();
    assertEquals((await results).map(({ status }) => status), [
      "fulfilled",
      "fulfilled",
      "rejected",
    ]);
  },
});

function allTogether(): { name: string; make: () => Policy } {
  return {
    name: "all policies in each other",
    make: () => composePolicies(...policies.map(({ make }) => make())),
  };
}
