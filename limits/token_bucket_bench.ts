import { RateLimiterMemory } from "rate-limiter-flexible";
import { systemClock } from "../timeout/mod.ts";
import {
  FixedWindowLimiter,
  Gcra,
  MultiLimiter,
  SlidingLogLimiter,
  SlidingWindowLimiter,
  TokenBucket,
} from "./mod.ts";

// Never at its end: each call takes one. A log keeps each of them: its window is short.
const rate = { limit: 1e9, windowMs: 1_000 };
const flexible = new RateLimiterMemory({ points: rate.limit, duration: 1 });
const bucket = new TokenBucket(rate);
const gcra = new Gcra(rate, { burst: rate.limit });
const fixed = new FixedWindowLimiter(rate);
const sliding = new SlidingWindowLimiter(rate);
const log = new SlidingLogLimiter({ limit: 1e6, windowMs: 1 });
const multi = new MultiLimiter([new TokenBucket(rate), new FixedWindowLimiter(rate)]);

// What does it cost to take one unit?
const take = { group: "take one unit of one stream" };
Deno.bench("rate-limiter-flexible, memory", { ...take, baseline: true }, async () => {
  await flexible.consume("one");
});
Deno.bench("TokenBucket.allow", take, () => void bucket.allow());
Deno.bench("TokenBucket.take", take, () => void bucket.take());
Deno.bench("Gcra.allow", take, () => void gcra.allow());
Deno.bench("FixedWindowLimiter.allow", take, () => void fixed.allow());
Deno.bench("SlidingWindowLimiter.allow", take, () => void sliding.allow());
Deno.bench("SlidingLogLimiter.allow", take, () => void log.allow());
Deno.bench("MultiLimiter.allow, two limiters", take, () => void multi.allow());
Deno.bench("the look at the clock alone", take, () => void systemClock.now());

// And to refuse one, which is what an attack makes the common case?
const empty = new TokenBucket("1/d");
empty.allow();
const flexibleEmpty = new RateLimiterMemory({ points: 1, duration: 86_400 });
await flexibleEmpty.consume("one");
const refuse = { group: "refuse one unit" };
Deno.bench("rate-limiter-flexible, memory", { ...refuse, baseline: true }, async () => {
  await flexibleEmpty.consume("one").catch(() => {});
});
Deno.bench("TokenBucket.allow", refuse, () => void empty.allow());
Deno.bench("TokenBucket.take", refuse, () => void empty.take());
