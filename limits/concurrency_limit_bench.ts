import { ConcurrencyLimit } from "./mod.ts";

const limit = new ConcurrencyLimit(100);

// What does a place cost that is free?
const free = { group: "take and give back a free place" };
Deno.bench("tryEnter, leave", { ...free, baseline: true }, () => {
  if (limit.tryEnter()) limit.leave();
});
Deno.bench("tryAcquire, dispose", free, () => {
  using _permit = limit.tryAcquire();
});
Deno.bench("acquire, dispose", free, async () => {
  using _permit = await limit.acquire();
});
