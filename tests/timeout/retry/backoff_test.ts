import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  type Backoff,
  constantBackoff,
  decorrelatedBackoff,
  exponentialBackoff,
  type Jitter,
} from "@pingo/pingo/timeout";

function pauses(backoff: Backoff, count: number): number[] {
  const all: number[] = [];
  for (let retry = 1; retry <= count; retry++) {
    all.push(backoff({ retry, previousMs: all.at(-1) ?? 0, error: null }));
  }
  return all;
}

Deno.test("constantBackoff() is always the same", () => {
  assertEquals(pauses(constantBackoff(250), 3), [250, 250, 250]);
});

Deno.test("exponentialBackoff() grows by its factor up to its most", () => {
  const steady = { jitter: "none", baseMs: 10 } as const;
  assertEquals(pauses(exponentialBackoff(steady), 4), [10, 20, 40, 80]);
  assertEquals(pauses(exponentialBackoff({ ...steady, factor: 3, maxMs: 50 }), 4), [
    10,
    30,
    50,
    50,
  ]);
  assertEquals(exponentialBackoff(steady)({ retry: 5_000, previousMs: 0, error: 0 }), 10_000);
  assertEquals(pauses(exponentialBackoff({ ...steady, baseMs: 0 }), 2), [0, 0]);
  assertEquals(exponentialBackoff({ baseMs: 0 })({ retry: 5_000, previousMs: 0, error: 0 }), 0);
});

const jitters: { jitter: Jitter | undefined; expected: number[] }[] = [
  { jitter: undefined, expected: [0, 50, 100] },
  { jitter: "full", expected: [0, 50, 100] },
  { jitter: "equal", expected: [50, 75, 100] },
  { jitter: "none", expected: [100, 100, 100] },
];
for (const { jitter, expected } of jitters) {
  Deno.test(`exponentialBackoff() spreads by jitter ${jitter}`, () => {
    const found = [0, 0.5, 1].map((chance) =>
      exponentialBackoff({ jitter, random: () => chance })({ retry: 1, previousMs: 0, error: 0 })
    );
    assertEquals(found, expected);
  });
}

Deno.test("decorrelatedBackoff() goes from its base to three times the pause before", () => {
  assertEquals(pauses(decorrelatedBackoff({ random: () => 0 }), 3), [100, 100, 100]);
  assertEquals(pauses(decorrelatedBackoff({ random: () => 1 }), 6), [
    300,
    900,
    2_700,
    8_100,
    10_000,
    10_000,
  ]);
  const small = { baseMs: 5, maxMs: 20, random: () => 1 };
  assertEquals(pauses(decorrelatedBackoff(small), 3), [15, 20, 20]);
});

const ms = fc.double({ min: 0, max: 1e6, noNaN: true });
const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 1,
});
/** A source of chance that repeats what it was given. */
function repeat(values: readonly number[]): () => number {
  let n = 0;
  return () => values[n++ % values.length];
}

Deno.test("exponentialBackoff() stays within its bounds (property)", () => {
  const factor = fc.double({ min: 1, max: 10, noNaN: true });
  const jitter = fc.constantFrom<Jitter>("full", "equal", "none");
  fc.assert(
    fc.property(ms, ms, factor, jitter, chances, (baseMs, maxMs, factor, jitter, chances) => {
      const random = repeat(chances);
      const found = pauses(exponentialBackoff({ baseMs, maxMs, factor, jitter, random }), 400);
      found.forEach((pause, n) => {
        const most = baseMs === 0 ? 0 : Math.min(maxMs, baseMs * factor ** n);
        const least = { full: 0, equal: most / 2, none: most }[jitter];
        assert(pause >= least && pause <= most, `${pause} of ${least} to ${most}`);
      });
    }),
    { verbose: 1 },
  );
});

Deno.test("decorrelatedBackoff() stays within its bounds (property)", () => {
  fc.assert(
    fc.property(ms, ms, chances, (a, b, chances) => {
      const [baseMs, maxMs] = [Math.min(a, b), Math.max(a, b)];
      let previous = 0;
      for (
        const pause of pauses(decorrelatedBackoff({ baseMs, maxMs, random: repeat(chances) }), 50)
      ) {
        assert(pause >= baseMs && pause <= maxMs);
        assert(pause <= 3 * Math.max(baseMs, previous));
        previous = pause;
      }
    }),
    { verbose: 1 },
  );
});

const outOfRange: { name: string; make: () => Backoff }[] = [
  { name: "ms -1", make: () => constantBackoff(-1) },
  { name: "ms Infinity", make: () => constantBackoff(Infinity) },
  { name: "baseMs NaN", make: () => exponentialBackoff({ baseMs: NaN }) },
  { name: "maxMs Infinity", make: () => exponentialBackoff({ maxMs: Infinity }) },
  { name: "factor 0.9", make: () => exponentialBackoff({ factor: 0.9 }) },
  { name: "factor Infinity", make: () => exponentialBackoff({ factor: Infinity }) },
  { name: "baseMs -1", make: () => decorrelatedBackoff({ baseMs: -1 }) },
  { name: "maxMs 99", make: () => decorrelatedBackoff({ maxMs: 99 }) },
];
for (const { name, make } of outOfRange) {
  Deno.test(`a backoff throws RangeError when given ${name}`, () => {
    assertThrows(make, RangeError, name);
  });
}

Deno.test("exponentialBackoff() throws TypeError when given an unknown jitter", () => {
  // Untyped callers.
  const jitter = "some" as Jitter;
  assertThrows(() => exponentialBackoff({ jitter }), TypeError, 'jitter "some"');
});
