import { RateLimiterMemory } from "rate-limiter-flexible";
import { Estimator, Inflight, KeyedConcurrency, KeyedTokenBucket, SketchLimiter } from "./mod.ts";

const CLIENTS = 10_000;
const addresses = Array.from({ length: CLIENTS }, (_, i) => `198.51.${i >> 8}.${i & 255}`);
let at = 0;
/** Another client each time, as at a proxy. */
function client(): string {
  at = at === CLIENTS - 1 ? 0 : at + 1;
  return addresses[at];
}

// Never at its end.
const rate = { limit: 1e9, windowMs: 1_000 };
const flexible = new RateLimiterMemory({ points: rate.limit, duration: 1 });
const buckets = new KeyedTokenBucket(rate);
const sketch = new SketchLimiter(rate, { columns: 65_536 });

// What does it cost to take a unit for one of 10,000 clients?
const take = { group: "take a unit for one of 10,000 clients" };
Deno.bench("rate-limiter-flexible, memory", { ...take, baseline: true }, async () => {
  await flexible.consume(client());
});
Deno.bench("KeyedTokenBucket.allow", take, () => void buckets.allow(client()));
Deno.bench("KeyedTokenBucket.take", take, () => void buckets.take(client()));
Deno.bench("SketchLimiter.allow", take, () => void sketch.allow(client()));
Deno.bench("SketchLimiter.take", take, () => void sketch.take(client()));

// What does it cost when every request has a new key, and all places are taken?
const full = new KeyedTokenBucket("1/h", { maxKeys: 65_536, whenFull: "forget" });
for (let i = 0; i < 65_536; i++) full.allow(`filled ${i}`);
const attackedSketch = new SketchLimiter("10/s");
let next = 0;
const attack = { group: "a new key each time, at 65,536 keys" };
Deno.bench("KeyedTokenBucket.allow, evicting", { ...attack, baseline: true }, () => {
  full.allow(`new ${next++}`);
});
Deno.bench("SketchLimiter.allow", attack, () => void attackedSketch.allow(`new ${next++}`));
Deno.bench("the making of the key alone", attack, () => void `new ${next++}`.length);

// What does it cost to count what goes on?
const estimator = new Estimator();
const inflight = new Inflight();
const concurrency = new KeyedConcurrency(10);
const count = { group: "count one in and out, for one of 10,000 clients" };
Deno.bench("KeyedConcurrency.tryEnter, leave", { ...count, baseline: true }, () => {
  const key = client();
  if (concurrency.tryEnter(key)) concurrency.leave(key);
});
Deno.bench("Inflight.enter, dispose", count, () => {
  using _guard = inflight.enter(client());
});
Deno.bench("Estimator.add, remove", count, () => {
  const key = client();
  estimator.add(key);
  estimator.remove(key);
});
