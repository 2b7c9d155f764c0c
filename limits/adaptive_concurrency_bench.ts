import { AdaptiveConcurrency, ConcurrencyLimit } from "./mod.ts";

const fixed = new ConcurrencyLimit(100);
const adaptive = new AdaptiveConcurrency();

// What does it cost to learn the limit?
const group = { group: "enter and leave" };
Deno.bench("ConcurrencyLimit", { ...group, baseline: true }, () => {
  if (fixed.tryEnter()) fixed.leave();
});
Deno.bench("AdaptiveConcurrency", group, () => {
  if (adaptive.tryEnter()) adaptive.leave(1, 1);
});
