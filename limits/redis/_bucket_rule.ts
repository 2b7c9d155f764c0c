import { RedisScript } from "../../core/mod.ts";
import type { Decision, LimitPolicy } from "../mod.ts";
import { exactRate } from "./_exact_rate.ts";
import type { RedisRule } from "./_redis_decider.ts";

/** What {@linkcode bucketRule} is made from. */
export interface BucketRuleSettings {
  readonly policy: LimitPolicy;
  readonly burst: number;
  /** The text of a script that gets cost, gain and capacity, and replies what is free, or -1 less that. */
  readonly source: string;
  /** Names the algorithm in keys. */
  readonly kind: string;
  /** As in {@linkcode RedisRule.makeLocal}. */
  readonly makeLocal: RedisRule["makeLocal"];
  /** Time for the script instead of the server's, in microseconds: for tests. */
  readonly nowUs?: () => number;
}

/** A whole burst and its gain: what the scripts of token bucket and GCRA have in common. */
export function bucketRule(settings: BucketRuleSettings): RedisRule {
  const { policy, burst, source, kind, makeLocal, nowUs } = settings;
  const { unit, perMicrosecond } = exactRate(policy, Math.ceil(burst));
  const capacity = Math.floor(burst * unit);
  const toMs = (parts: number): number => parts / perMicrosecond / 1_000;
  // Rounded up, and not for the last bit of a product.
  const costOf = (n: number): number => Math.ceil(n * unit - 1e-6);

  return {
    policy,
    limit: burst,
    script: new RedisScript(source),
    keyPart: `${kind}:${policy.limit}/${policy.windowMs}/${burst}`,
    argsOf: (n) => [costOf(n), perMicrosecond, capacity, ...nowUs === undefined ? [] : [nowUs()]],
    decisionOf(reply, n): Decision | null {
      if (typeof reply !== "number") return null;
      const isAllowed = reply >= 0;
      const free = isAllowed ? reply : -1 - reply;
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
