import { systemClock } from "./clock.ts";
import { TimerWheel } from "./timer_wheel.ts";

const IDLE_MS = 75_000;
const fire = (): void => {};

const wheel = new TimerWheel({ keepAlive: false });
// A server has many connections: the wheel is never empty.
for (let n = 0; n < 10_000; n++) wheel.timer(fire).arm(IDLE_MS + n);
const timer = wheel.timer(fire);
timer.arm(IDLE_MS);
const now = systemClock.now();
let id = setTimeout(fire, IDLE_MS);
Deno.unrefTimer(id);

// What does it cost to push an idle deadline on, once a chunk?
const push = { group: "push a deadline on" };
Deno.bench("clearTimeout + setTimeout", { ...push, baseline: true }, () => {
  clearTimeout(id);
  id = setTimeout(fire, IDLE_MS);
});
Deno.bench("timer.arm(ms)", push, () => timer.arm(IDLE_MS));
Deno.bench("timer.arm(ms, now)", push, () => timer.arm(IDLE_MS, now));

// What does a timeout cost that does not fire, once a request?
const guard = { group: "arm and disarm" };
Deno.bench("setTimeout + clearTimeout", { ...guard, baseline: true }, () => {
  clearTimeout(setTimeout(fire, 10_000));
});
Deno.bench("arm + disarm", guard, () => {
  timer.arm(10_000);
  timer.disarm();
});
Deno.bench("arm + disarm, clock already read", guard, () => {
  timer.arm(10_000, now);
  timer.disarm();
});
const alone = new TimerWheel().timer(fire);
Deno.bench("arm + disarm, alone on its wheel", guard, () => {
  alone.arm(10_000);
  alone.disarm();
});
