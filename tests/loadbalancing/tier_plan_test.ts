import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { planTiers, type TierCount, type TierPlanOptions } from "@pingo/pingo/loadbalancing";
import { fuzzSettings } from "../fuzz/_settings.ts";

/** Tiers written as "available/enabled". */
function tiers(...counts: string[]): TierCount[] {
  return counts.map((each) => {
    const [available, enabled] = each.split("/").map(Number);
    return { available, enabled };
  });
}

// The first six are the table of Envoy's documentation ("Priority levels"), which rounds to whole percents.
const cases: { tiers: string[]; options?: TierPlanOptions; loads: number[]; panics?: boolean[] }[] =
  [
    { tiers: ["100/100", "100/100"], loads: [1, 0] },
    { tiers: ["72/100", "72/100"], loads: [1, 0] },
    { tiers: ["71/100", "71/100"], loads: [0.994, 0.006] },
    { tiers: ["50/100", "50/100"], loads: [0.7, 0.3] },
    { tiers: ["25/100", "100/100"], loads: [0.35, 0.65] },
    // 25 % × 1.4 twice is less than 1: the traffic is shared by health, and both panic.
    { tiers: ["25/100", "25/100"], loads: [0.5, 0.5], panics: [true, true] },
    { tiers: ["0/10", "10/10"], loads: [0, 1] },
    { tiers: ["0/10", "0/30"], loads: [0.25, 0.75], panics: [true, true] },
    { tiers: ["1/2"], loads: [1], panics: [false] },
    { tiers: ["49/100"], loads: [1], panics: [true] },
    { tiers: ["1/10", "5/10"], loads: [1 / 6, 5 / 6], panics: [true, false] },
    { tiers: ["0/2"], options: { panicThreshold: 0 }, loads: [0], panics: [false] },
    { tiers: ["2/10"], options: { panicThreshold: 0.2 }, loads: [1], panics: [false] },
    { tiers: ["9/10", "10/10"], options: { overprovisioning: 1 }, loads: [0.9, 0.1] },
    // 4/7 × 1.4 and 1/7 × 1.4 are exactly enough; in binary fractions a hair is missing.
    { tiers: ["4/7", "1/7"], options: { panicThreshold: 1 }, loads: [0.8, 0.2] },
    { tiers: [], loads: [] },
  ];
for (const { tiers: counts, options, loads, panics } of cases) {
  Deno.test(`planTiers() of ${counts.join(" and ") || "none"} ${options ? Deno.inspect(options) : ""}`, () => {
    const plan = planTiers(tiers(...counts), options);
    for (const [i, { load }] of plan.entries()) assertAlmostEquals(load, loads[i], 1e-9);
    assertEquals(plan.map((each) => each.isPanicking), panics ?? loads.map(() => false));
  });
}

/** Envoy's rules in the words of its documentation, one tier at a time. */
function naive(
  tiers: TierCount[],
  overprovisioning: number,
  threshold: number,
): [number, boolean][] {
  const health = (t: TierCount) =>
    t.enabled === 0 ? 0 : Math.min(1, t.available * overprovisioning / t.enabled);
  let sum = 0;
  for (const tier of tiers) sum += health(tier);
  // But for rounding.
  const isShort = sum < 0.999_999;
  const inPanic = (t: TierCount) => isShort && t.enabled > 0 && t.available < threshold * t.enabled;
  const staffed = tiers.filter((t) => t.enabled > 0);
  const allPanic = staffed.length > 0 && staffed.every(inPanic);
  const hosts = staffed.reduce((total, { enabled }) => total + enabled, 0);
  return tiers.map((tier, i) => {
    if (allPanic) return [tier.enabled / hosts, tier.enabled > 0];
    if (isShort) return [sum === 0 ? 0 : health(tier) / sum, inPanic(tier)];
    let taken = 0;
    for (const before of tiers.slice(0, i)) taken += health(before);
    return [Math.max(0, Math.min(health(tier), 1 - taken)), false];
  });
}

Deno.test("planTiers() is the naive model, and loads add up to one", () => {
  const tier = fc.tuple(fc.nat({ max: 8 }), fc.nat({ max: 8 })).map(([a, b]) => ({
    enabled: Math.max(a, b),
    available: Math.min(a, b),
  }));
  fc.assert(
    fc.property(
      fc.array(tier, { maxLength: 5 }),
      fc.constantFrom(1, 1.4, 2),
      fc.constantFrom(0, 0.25, 0.5, 1),
      (tiers, overprovisioning, panicThreshold) => {
        const plan = planTiers(tiers, { overprovisioning, panicThreshold });
        const expected = naive(tiers, overprovisioning, panicThreshold);
        for (const [i, { load, isPanicking }] of plan.entries()) {
          assertAlmostEquals(load, expected[i][0], 1e-9);
          assertEquals(isPanicking, expected[i][1]);
        }
        const total = plan.reduce((sum, { load }) => sum + load, 0);
        assert(Math.abs(total - 1) < 1e-9 || total === 0, `loads add up to ${total}`);
        const isSomebody = tiers.some(({ available }) => available > 0);
        if (isSomebody) assertAlmostEquals(total, 1, 1e-9);
      },
    ),
    fuzzSettings("planTiers and its model", 500),
  );
});

for (
  const options of [
    { panicThreshold: -0.1 },
    { panicThreshold: NaN },
    { overprovisioning: 0 },
    { overprovisioning: Infinity },
  ]
) {
  Deno.test(`planTiers() refuses ${Deno.inspect(options)}`, () => {
    assertThrows(() => planTiers([], options), RangeError, Object.keys(options)[0]);
  });
}
