import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  CircuitBreaker,
  type CircuitPermit,
  type CircuitState,
  consecutiveFailures,
  failureRateOverCalls,
  failureRateOverTime,
  FakeClock,
  type TripStrategy,
} from "@pingo/pingo/timeout";

const OPEN = 100;

type Step =
  | { readonly do: "acquire" }
  | { readonly do: "succeeded" | "failed" | "release"; readonly which: number }
  | { readonly do: "advance"; readonly ms: number }
  | { readonly do: "isolate" };

const which = fc.nat({ max: 1_000 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant("acquire" as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("succeeded" as const), which }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant("failed" as const), which }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("release" as const), which }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant("advance" as const), ms: fc.nat({ max: 130 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("isolate" as const) }) },
);

interface Outcome {
  readonly at: number;
  readonly failed: boolean;
}

/** Decides over the whole history since the circuit was closed. */
type Rule = (history: readonly Outcome[], now: number) => boolean;

/** The naive model: all that ever happened, looked through anew each time. */
class Model {
  state: CircuitState = "closed";
  era = 0;
  probes: string[] = [];
  #history: Outcome[] = [];
  #openUntil = 0;
  readonly #rule: Rule;
  readonly #probes: number;

  constructor(rule: Rule, probes: number) {
    this.#rule = rule;
    this.#probes = probes;
  }

  acquire(now: number): { readonly era: number; readonly probe: number } | null {
    if (this.state === "open" && now >= this.#openUntil) this.#enter("half_open");
    if (this.state === "closed") return { era: this.era, probe: -1 };
    const taken = this.probes.filter((each) => each !== "released").length;
    if (this.state !== "half_open" || taken >= this.#probes) return null;
    this.probes.push("running");
    return { era: this.era, probe: this.probes.length - 1 };
  }

  settle(permit: { era: number; probe: number }, how: string, now: number): void {
    if (permit.era !== this.era) return;
    if (permit.probe < 0) {
      if (how === "release") return;
      this.#history.push({ at: now, failed: how === "failed" });
      if (how === "failed" && this.#rule(this.#history, now)) this.#open(now);
      return;
    }
    if (how === "release") this.probes[permit.probe] = "released";
    else if (how === "failed") this.#open(now);
    else {
      this.probes[permit.probe] = "succeeded";
      const good = this.probes.filter((each) => each === "succeeded").length;
      if (good === this.#probes) this.#enter("closed");
    }
  }

  isolateAndBack(): void {
    this.#enter("isolated");
    this.#enter("closed");
  }

  #open(now: number): void {
    this.#openUntil = now + OPEN;
    this.#enter("open");
  }

  #enter(state: CircuitState): void {
    this.state = state;
    this.era++;
    this.probes = [];
    if (state === "closed") this.#history = [];
  }
}

function run(trip: TripStrategy, rule: Rule, probes: number, steps: readonly Step[]): void {
  const clock = new FakeClock({ now: 1_234.5 });
  const breaker = new CircuitBreaker({
    trip,
    clock,
    openMs: OPEN,
    halfOpenProbes: probes,
    probeTimeoutMs: Infinity,
  });
  const model = new Model(rule, probes);
  const running: { permit: CircuitPermit; twin: { era: number; probe: number } }[] = [];
  for (const step of steps) {
    if (step.do === "acquire") {
      const [permit, twin] = [breaker.tryAcquire(), model.acquire(clock.now())];
      assertEquals(permit === null, twin === null);
      if (permit !== null && twin !== null) running.push({ permit, twin });
    } else if (step.do === "advance") {
      clock.advance(step.ms);
    } else if (step.do === "isolate") {
      breaker.isolate()[Symbol.dispose]();
      model.isolateAndBack();
    } else if (running.length > 0) {
      const [{ permit, twin }] = running.splice(step.which % running.length, 1);
      permit[step.do]();
      model.settle(twin, step.do, clock.now());
    }
    assertEquals(breaker.state, model.state);
  }
}

const share = (outcomes: readonly Outcome[]): number =>
  outcomes.filter(({ failed }) => failed).length / outcomes.length;

const WINDOW = 400;
const BUCKET = WINDOW / 4;
const rules: { name: string; trip: TripStrategy; rule: Rule }[] = [
  {
    name: "consecutiveFailures",
    trip: consecutiveFailures(3),
    rule: (history) => history.length >= 3 && history.slice(-3).every(({ failed }) => failed),
  },
  {
    name: "failureRateOverCalls",
    trip: failureRateOverCalls({ threshold: 0.5, windowCalls: 6, minCalls: 4 }),
    rule: (history) => history.length >= 4 && share(history.slice(-6)) >= 0.5,
  },
  {
    name: "failureRateOverTime",
    trip: failureRateOverTime({ threshold: 0.5, windowMs: WINDOW, minCalls: 4, buckets: 4 }),
    rule: (history, now) => {
      const oldest = Math.floor(now / BUCKET) - 3;
      const recent = history.filter(({ at }) => Math.floor(at / BUCKET) >= oldest);
      return recent.length >= 4 && share(recent) >= 0.5;
    },
  },
];
for (const { name, trip, rule } of rules) {
  Deno.test(`CircuitBreaker with ${name} agrees with a naive model (property)`, () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 120 }),
        fc.integer({ min: 1, max: 3 }),
        (steps, probes) => run(trip, rule, probes, steps),
      ),
      { numRuns: 300, verbose: 1 },
    );
  });
}

Deno.test("CircuitBreaker goes on alike from a snapshot (property)", () => {
  fc.assert(
    fc.property(
      fc.array(fc.boolean(), { maxLength: 40 }),
      fc.array(fc.boolean(), { maxLength: 40 }),
      fc.constantFrom(...rules),
      (before, after, { trip }) => {
        const clock = new FakeClock();
        const settle = (breaker: CircuitBreaker, isWell: boolean): void => {
          const permit = breaker.tryAcquire();
          if (isWell) permit?.succeeded();
          else permit?.failed();
        };
        const old = new CircuitBreaker({ trip, clock });
        before.forEach((isWell) => settle(old, isWell));
        const initial = JSON.parse(JSON.stringify(old));
        const young = new CircuitBreaker({ trip, clock, initial });
        for (const isWell of after) {
          assertEquals(young.state, old.state);
          settle(old, isWell);
          settle(young, isWell);
        }
        assertEquals(young.toJSON(), old.toJSON());
      },
    ),
    { numRuns: 300, verbose: 1 },
  );
});
