import * as cockatiel from "cockatiel";
import { Bulkhead } from "./bulkhead.ts";
import { CircuitBreaker } from "./breaker/circuit_breaker.ts";
import { composePolicies } from "./compose_policies.ts";
import { RetryPolicy } from "./retry/retry_policy.ts";
import { TimeoutPolicy } from "./timeout_policy.ts";
import { TimerWheel } from "./timer_wheel.ts";

const work = (): Promise<number> => Promise.resolve(1);

// What do retry, breaker and bulkhead add together to a call that goes well?
const three = composePolicies(
  new RetryPolicy(),
  new CircuitBreaker(),
  new Bulkhead({ maxConcurrent: 10 }),
);
const retry = (): cockatiel.RetryPolicy => cockatiel.retry(cockatiel.handleAll, { maxAttempts: 2 });
const breaker = (): cockatiel.CircuitBreakerPolicy =>
  cockatiel.circuitBreaker(cockatiel.handleAll, {
    halfOpenAfter: 30_000,
    breaker: new cockatiel.ConsecutiveBreaker(5),
  });
const cockatielThree = cockatiel.wrap(retry(), breaker(), cockatiel.bulkhead(10));
const plain = { group: "retry, breaker, bulkhead" };
Deno.bench("composePolicies of three", { ...plain, baseline: true }, async () => {
  await three.call(work);
});
Deno.bench("cockatiel wrap of three", plain, async () => {
  await cockatielThree.execute(work);
});

// And with a timeout for each attempt?
const wheel = new TimerWheel({ keepAlive: false });
const timed = composePolicies(
  new RetryPolicy(),
  new CircuitBreaker(),
  new TimeoutPolicy({ timeoutMs: 10_000, clock: wheel }),
);
const cockatielTimed = cockatiel.wrap(
  retry(),
  breaker(),
  cockatiel.timeout(10_000, cockatiel.TimeoutStrategy.Aggressive),
);
const limited = { group: "retry, breaker, timeout" };
Deno.bench("composePolicies with a timeout", { ...limited, baseline: true }, async () => {
  await timed.call(work);
});
Deno.bench("cockatiel wrap with a timeout", limited, async () => {
  await cockatielTimed.execute(work);
});
