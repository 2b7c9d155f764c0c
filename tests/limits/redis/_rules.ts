import type { RedisClient } from "../../../core/mod.ts";
import type { Decision, LimitPolicy } from "../../../limits/mod.ts";
import { bucketRule, type BucketRuleSettings } from "../../../limits/redis/_bucket_rule.ts";
import { GCRA_LUA } from "../../../limits/redis/_gcra_script.ts";
import type { RedisRule } from "../../../limits/redis/_redis_rule.ts";
import { TOKEN_BUCKET_LUA } from "../../../limits/redis/_token_bucket_script.ts";
import { windowRule } from "../../../limits/redis/_window_rule.ts";

/** A time that a test moves, in microseconds since 1970, as a server has it. */
export interface ScriptTime {
  nowUs: number;
}

export const EPOCH_US = 1_790_000_000_000_000;

export function makeLocal(): never {
  throw new Error("Cannot make a local limiter: no test of scripts needs one");
}

export function policy(limit: number, windowMs: number): LimitPolicy {
  return { name: "default", limit, windowMs };
}

/** The rules whose decisions are those of a bucket. */
export const BUCKETS: readonly Pick<BucketRuleSettings, "kind" | "lua">[] = [
  { kind: "token bucket", lua: TOKEN_BUCKET_LUA },
  { kind: "GCRA", lua: GCRA_LUA },
];

export function bucketAt(
  time: ScriptTime,
  which: Pick<BucketRuleSettings, "kind" | "lua">,
  settings: { limit: number; windowMs: number; burst: number },
): RedisRule {
  const { limit, windowMs, burst } = settings;
  return bucketRule({
    ...which,
    policy: policy(limit, windowMs),
    burst,
    makeLocal,
    nowUs: () => time.nowUs,
  });
}

export function windowAt(
  time: ScriptTime,
  settings: { limit: number; windowMs: number; slices: number },
): RedisRule {
  const { limit, windowMs, slices } = settings;
  return windowRule({
    policy: policy(limit, windowMs),
    slices,
    makeLocal,
    nowUs: () => time.nowUs,
  });
}

/** Runs the rule's script for a key. */
export async function takeBy(
  redis: RedisClient,
  rule: RedisRule,
  call: { key: string; n: number },
): Promise<Decision> {
  const { key, n } = call;
  const args = [...rule.args(), rule.costOf(n)];
  const reply = await rule.scripts.single.run(redis, { keys: [key], args });
  const results = rule.resultsOf(reply);
  if (results === null) throw new Error(`Cannot read the reply: ${reply}`);
  return rule.decisionOf(results, 0, n);
}

/** Keys that no other test has. */
export function freshKey(): string {
  return `pingo:test:${crypto.randomUUID()}`;
}
