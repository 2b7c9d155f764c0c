import * as cockatiel from "cockatiel";
import { Bulkhead } from "./bulkhead.ts";

const work = (): Promise<number> => Promise.resolve(1);
const several = Array.from({ length: 10 });

// What does a bulkhead add to a call that finds a slot?
const bulkhead = new Bulkhead({ maxConcurrent: 10, maxQueue: 100 });
const cockatielBulkhead = cockatiel.bulkhead(10, 100);
const free = { group: "a call that finds a slot" };
Deno.bench("Bulkhead.call", { ...free, baseline: true }, async () => {
  await bulkhead.call(work);
});
Deno.bench("using Bulkhead.tryAcquire", free, async () => {
  using _slot = bulkhead.tryAcquire();
  await work();
});
Deno.bench("cockatiel bulkhead", free, async () => {
  await cockatielBulkhead.execute(work);
});

// And ten calls at once through one slot?
const narrow = new Bulkhead({ maxConcurrent: 1, maxQueue: 10 });
const cockatielNarrow = cockatiel.bulkhead(1, 10);
const queued = { group: "ten calls, nine of which wait" };
Deno.bench("Bulkhead.call, one slot", { ...queued, baseline: true }, async () => {
  await Promise.all(several.map(() => narrow.call(work)));
});
Deno.bench("cockatiel bulkhead, one slot", queued, async () => {
  await Promise.all(several.map(() => cockatielNarrow.execute(work)));
});
