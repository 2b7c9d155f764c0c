import * as cockatiel from "cockatiel";
import Opossum from "opossum";
import { CircuitBreaker } from "./circuit_breaker.ts";
import { consecutiveFailures } from "./consecutive_failures.ts";
import { failureRateOverTime } from "./failure_rate_over_time.ts";

const work = (): Promise<number> => Promise.resolve(1);
const fail = (): Promise<number> => Promise.reject(new Error("refused"));

// What does a breaker add to a call that goes well, counting failures in a row?
const consecutive = new CircuitBreaker({ trip: consecutiveFailures(5) });
const cockatielConsecutive = cockatiel.circuitBreaker(cockatiel.handleAll, {
  halfOpenAfter: 30_000,
  breaker: new cockatiel.ConsecutiveBreaker(5),
});
const inRow = { group: "a call that goes well, failures in a row" };
Deno.bench("CircuitBreaker.call", { ...inRow, baseline: true }, async () => {
  await consecutive.call(work);
});
Deno.bench("CircuitBreaker, a permit", inRow, async () => {
  const permit = consecutive.tryAcquire();
  await work();
  permit?.succeeded();
});
Deno.bench("cockatiel ConsecutiveBreaker", inRow, async () => {
  await cockatielConsecutive.execute(work);
});
Deno.bench("the call alone", inRow, async () => {
  await work();
});

// And a failure rate over 10 s, in 10 buckets? (opossum's own rule; its timeout is off.)
const rate = new CircuitBreaker({ trip: failureRateOverTime({ windowMs: 10_000, buckets: 10 }) });
const cockatielRate = cockatiel.circuitBreaker(cockatiel.handleAll, {
  halfOpenAfter: 30_000,
  breaker: new cockatiel.SamplingBreaker({ threshold: 0.5, duration: 10_000 }),
});
const opossum = new Opossum(work, {
  timeout: false,
  errorThresholdPercentage: 50,
  volumeThreshold: 20,
  rollingCountTimeout: 10_000,
  rollingCountBuckets: 10,
  rollingPercentilesEnabled: false,
});
const overTime = { group: "a call that goes well, a failure rate" };
Deno.bench("CircuitBreaker.call, over time", { ...overTime, baseline: true }, async () => {
  await rate.call(work);
});
Deno.bench("cockatiel SamplingBreaker", overTime, async () => {
  await cockatielRate.execute(work);
});
Deno.bench("opossum", overTime, async () => {
  await opossum.fire();
});

// What does a refused call cost?
const open = new CircuitBreaker({ trip: consecutiveFailures(1), openMs: 3_600_000 });
await open.call(fail).catch(() => {});
const cockatielOpen = cockatiel.circuitBreaker(cockatiel.handleAll, {
  halfOpenAfter: 3_600_000,
  breaker: new cockatiel.ConsecutiveBreaker(1),
});
await cockatielOpen.execute(fail).catch(() => {});
const opossumOpen = new Opossum(fail, {
  timeout: false,
  resetTimeout: 3_600_000,
  volumeThreshold: 1,
  rollingPercentilesEnabled: false,
});
await opossumOpen.fire().catch(() => {});
const refused = { group: "a call that is refused" };
Deno.bench("CircuitBreaker.call, open", { ...refused, baseline: true }, async () => {
  await open.call(work).catch(() => {});
});
Deno.bench("CircuitBreaker.tryAcquire, open", refused, () => {
  open.tryAcquire();
});
Deno.bench("cockatiel, open", refused, async () => {
  await cockatielOpen.execute(work).catch(() => {});
});
Deno.bench("opossum, open", refused, async () => {
  await opossumOpen.fire().catch(() => {});
});

// opossum keeps a timer for each breaker, which would hold the process.
addEventListener("unload", () => {
  opossum.shutdown();
  opossumOpen.shutdown();
});
