import * as cockatiel from "cockatiel";
import pRetry from "p-retry";
import { RetryBudget } from "./retry_budget.ts";
import { RetryPolicy } from "./retry_policy.ts";
import { withRetry } from "./with_retry.ts";

const work = (): Promise<number> => Promise.resolve(1);

// What does retrying add to a call that goes well at once?
const policy = new RetryPolicy({ maxAttempts: 3 });
const budgeted = new RetryPolicy({ maxAttempts: 3, budget: new RetryBudget() });
const cockatielRetry = cockatiel.retry(cockatiel.handleAll, {
  maxAttempts: 2,
  backoff: new cockatiel.ExponentialBackoff(),
});
const well = { group: "a call that goes well at once" };
Deno.bench("RetryPolicy.call", { ...well, baseline: true }, async () => {
  await policy.call(work);
});
Deno.bench("RetryPolicy.call, with a budget", well, async () => {
  await budgeted.call(work);
});
Deno.bench("withRetry", well, async () => {
  await withRetry(work, { maxAttempts: 3 });
});
Deno.bench("cockatiel retry", well, async () => {
  await cockatielRetry.execute(work);
});
Deno.bench("p-retry", well, async () => {
  await pRetry(work, { retries: 2 });
});
