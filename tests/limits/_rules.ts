import type { Clock } from "../../timeout/mod.ts";
import {
  FixedWindowLimiter,
  Gcra,
  type Rate,
  type RateLimiter,
  SlidingLogLimiter,
  SlidingWindowLimiter,
  TokenBucket,
} from "@pingo/pingo/limits";

/** Units that were taken, and when. */
export interface Taken {
  readonly at: number;
  readonly n: number;
}

/**
 * What a rule says, by its definition: looked up in the list of all that was taken, with no state of its
 * own. Moments are whole milliseconds, so that both sides of each comparison are whole numbers.
 */
export type Definition = (taken: readonly Taken[], n: number, now: number, rule: Model) => boolean;

/** The numbers of a rule. */
export interface Model extends Rate {
  readonly burst: number;
}

export interface RuleCase {
  readonly name: string;
  readonly make: (model: Model, clock: Clock) => RateLimiter;
  readonly allows: Definition;
}

const sum = (taken: readonly Taken[]): number => taken.reduce((all, { n }) => all + n, 0);

/** In no span of time more than the burst and what the rate gives for the span. */
const spans: Definition = (taken, n, now, { limit, windowMs, burst }) => {
  if (n > burst) return false;
  return taken.every(({ at }, i) =>
    (sum(taken.slice(i)) + n - burst) * windowMs <= limit * (now - at)
  );
};

/** In no window more than the limit, wherever it begins. */
const log: Definition = (taken, n, now, { limit, windowMs }) =>
  sum(taken.filter(({ at }) => now - at < windowMs)) + n <= limit;

/** In this window, and in the part of the one before that lies inside, no more than the limit. */
const counter: Definition = (taken, n, now, { limit, windowMs }) => {
  const window = Math.floor(now / windowMs);
  const of = (index: number) => sum(taken.filter(({ at }) => Math.floor(at / windowMs) === index));
  const rest = windowMs - (now - window * windowMs);
  return of(window - 1) * rest + (of(window) + n) * windowMs <= limit * windowMs;
};

/** Windows begin with the first unit behind the end of the last one. */
const fixed: Definition = (taken, n, now, { limit, windowMs }) => {
  let start = -Infinity;
  let used = 0;
  for (const each of taken) {
    if (each.n === 0) continue;
    if (each.at - start >= windowMs) [start, used] = [each.at, 0];
    used += each.n;
  }
  return (now - start >= windowMs ? 0 : used) + n <= limit;
};

export const RULES: readonly RuleCase[] = [
  {
    name: "TokenBucket",
    make: ({ burst, ...rate }, clock) => new TokenBucket(rate, { burst, clock }),
    allows: spans,
  },
  {
    name: "Gcra",
    make: ({ burst, ...rate }, clock) => new Gcra(rate, { burst, clock }),
    allows: spans,
  },
  {
    name: "FixedWindowLimiter",
    make: (rate, clock) => new FixedWindowLimiter(rate, { clock }),
    allows: fixed,
  },
  {
    name: "SlidingWindowLimiter",
    make: (rate, clock) => new SlidingWindowLimiter(rate, { clock }),
    allows: counter,
  },
  {
    name: "SlidingLogLimiter",
    make: (rate, clock) => new SlidingLogLimiter(rate, { clock }),
    allows: log,
  },
];
