import type { Decision, LimitPolicy } from "../mod.ts";
import { exactRate } from "./_exact_rate.ts";
import { type LimitLua, limitScripts } from "./_limit_script.ts";
import type { RedisRule } from "./_redis_rule.ts";

/** What {@linkcode bucketRule} is made from. */
export interface BucketRuleSettings {
  readonly policy: LimitPolicy;
  readonly burst: number;
  /** Scripts of `bucketLua`. */
  readonly lua: LimitLua;
  /** Names the algorithm in keys. */
  readonly kind: string;
  /** As in {@linkcode RedisRule.makeLocal}. */
  readonly makeLocal: RedisRule["makeLocal"];
  /** Time for the scripts instead of the server's, in microseconds: for tests. */
  readonly nowUs?: () => number;
}

/** A whole burst and its gain: what token bucket and GCRA have in common. */
export function bucketRule(settings: BucketRuleSettings): RedisRule {
  const { policy, burst, lua, kind, makeLocal, nowUs } = settings;
  const { unit, perMicrosecond } = exactRate(policy, Math.ceil(burst));
  const capacity = Math.floor(burst * unit);
  const toMs = (parts: number): number => parts / perMicrosecond / 1_000;
  // Rounded up, and not for the last bit of a product.
  const costOf = (n: number): number => Math.max(0, Math.ceil(n * unit - 1e-6));

  return {
    policy,
    limit: burst,
    scripts: limitScripts(lua, { isTimeGiven: nowUs !== undefined }),
    keyPart: `${kind}:${policy.limit}/${policy.windowMs}/${burst}`,
    args: () => [perMicrosecond, capacity, ...nowUs === undefined ? [] : [nowUs()]],
    costOf,
    resultsOf: (reply) => typeof reply === "number" ? [reply] : null,
    decisionOf(results, at, n): Decision {
      const result = results[at];
      const isAllowed = result >= 0;
      const free = isAllowed ? result : -1 - result;
      return {
        isAllowed,
        policy,
        limit: burst,
        remaining: Math.floor(free / unit),
        resetMs: toMs(capacity - free),
        retryAfterMs: isAllowed ? 0 : n > burst ? Infinity : toMs(costOf(n) - free),
      };
    },
    makeLocal,
  };
}
