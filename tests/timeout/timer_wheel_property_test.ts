import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { FakeClock, TimerWheel, type WheelTimer } from "@pingo/pingo/timeout";

const TIMERS = 6;
const RESOLUTION = 10;

type Step =
  | { readonly do: "arm"; readonly timer: number; readonly ms: number }
  | { readonly do: "disarm"; readonly timer: number }
  | { readonly do: "advance"; readonly ms: number };

const timer = fc.nat({ max: TIMERS - 1 });
// Short and long delays, whole and broken ones; a turn of the wheel is 5,120 ms.
const ms = fc.oneof(
  fc.nat({ max: 60 }),
  fc.nat({ max: 12_000 }),
  fc.double({ min: 0, max: 300, noNaN: true }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("arm" as const), timer, ms }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("disarm" as const), timer }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("advance" as const), ms }) },
);

/** The naive model: a deadline each, looked at when the wheel fires. */
class Model {
  readonly deadlines = new Map<number, number>();
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  armed(id: number, ms: number): void {
    this.deadlines.set(id, this.#clock.now() + ms);
  }

  /** A timer has fired: it was armed, it is due, and nothing before it is left. */
  fired(id: number): void {
    const deadline = this.deadlines.get(id);
    assert(deadline !== undefined, `timer ${id} fired though it is not armed`);
    const late = this.#clock.now() - deadline;
    assert(late >= 0, `timer ${id} fired ${-late} ms early`);
    assert(late <= RESOLUTION, `timer ${id} fired ${late} ms late`);
    this.deadlines.delete(id);
    for (const [other, at] of this.deadlines) {
      assert(
        at >= deadline - RESOLUTION,
        `timer ${id} fired before timer ${other}, a tick earlier`,
      );
    }
  }

  /** Whatever is overdue by more than a tick must have fired. */
  check(wheel: TimerWheel): void {
    for (const [id, deadline] of this.deadlines) {
      assert(this.#clock.now() < deadline + RESOLUTION, `timer ${id} is forgotten`);
    }
    assertEquals(wheel.armedCount, this.deadlines.size);
    assertEquals(this.#clock.timerCount, this.deadlines.size === 0 ? 0 : 1);
  }
}

function run(steps: readonly Step[], onFire: (timers: WheelTimer[], model: Model) => void): void {
  const clock = new FakeClock({ now: 12.5 });
  const model = new Model(clock);
  using wheel = new TimerWheel({ clock, resolutionMs: RESOLUTION });
  const timers = Array.from({ length: TIMERS }, (_, id): WheelTimer =>
    wheel.timer(() => {
      model.fired(id);
      onFire(timers, model);
    }));
  for (const step of steps) {
    if (step.do === "advance") {
      clock.advance(step.ms);
    } else if (step.do === "disarm") {
      timers[step.timer].disarm();
      model.deadlines.delete(step.timer);
    } else {
      timers[step.timer].arm(step.ms);
      model.armed(step.timer, step.ms);
    }
    timers.forEach((timer, id) => assertEquals(timer.isArmed, model.deadlines.has(id)));
    model.check(wheel);
  }
  clock.advance(300_000); // past all that 20 meddling callbacks can arm
  model.check(wheel);
  assertEquals(wheel.armedCount, 0);
}

Deno.test("TimerWheel agrees with a naive model (property)", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => run(steps, () => {})),
    { numRuns: 400, verbose: 1 },
  );
});

Deno.test("TimerWheel agrees with a naive model when callbacks meddle (property)", () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      fc.array(step, { maxLength: 20 }),
      (steps, meddle) => {
        const rest = [...meddle];
        run(steps, (timers, model) => {
          const next = rest.pop();
          if (next === undefined || next.do === "advance") return;
          const target = timers[next.timer];
          if (next.do === "disarm") {
            target.disarm();
            model.deadlines.delete(next.timer);
          } else {
            target.arm(next.ms);
            model.armed(next.timer, next.ms);
          }
        });
      },
    ),
    { numRuns: 400, verbose: 1 },
  );
});
