import type { Decision, LimitPolicy } from "../mod.ts";
import { limitScripts } from "./_limit_script.ts";
import type { RedisRule } from "./_redis_rule.ts";
import { PARTS, SLIDING_WINDOW_LUA } from "./_sliding_window_script.ts";

/** What {@linkcode windowRule} is made from. */
export interface WindowRuleSettings {
  readonly policy: LimitPolicy;
  readonly slices: number;
  /** As in {@linkcode RedisRule.makeLocal}. */
  readonly makeLocal: RedisRule["makeLocal"];
  /** Time for the scripts instead of the server's, in microseconds: for tests. */
  readonly nowUs?: () => number;
}

/**
 * A window of slices.
 *
 * @throws {RangeError} when the limit has no exact number
 */
export function windowRule(settings: WindowRuleSettings): RedisRule {
  const { policy, slices, makeLocal, nowUs } = settings;
  const { limit, windowMs } = policy;
  const maxParts = Math.floor(limit * PARTS);
  if (!Number.isSafeInteger(maxParts)) {
    throw new RangeError(`Cannot create limiter: a limit of ${limit} cannot be counted exactly`);
  }
  const widthUs = Math.ceil(windowMs * 1_000 / slices);

  return {
    policy,
    limit,
    scripts: limitScripts(SLIDING_WINDOW_LUA, { isTimeGiven: nowUs !== undefined }),
    keyPart: `window:${limit}/${windowMs}/${slices}`,
    args: () => [maxParts, widthUs, slices, ...nowUs === undefined ? [] : [nowUs()]],
    costOf: (n) => Math.max(0, Math.ceil(n * PARTS - 1e-6)),
    resultsOf(reply) {
      if (typeof reply === "string") return reply.split(" ").map(Number);
      if (typeof reply !== "number") return null;
      const phaseUs = reply % widthUs;
      return [(reply - phaseUs) / widthUs, (slices + 1) * widthUs - phaseUs, 0];
    },
    decisionOf(results, at): Decision {
      const left = results[at];
      const waitUs = results[at + 2];
      const isAllowed = left >= 0;
      return {
        isAllowed,
        policy,
        limit,
        remaining: isAllowed ? left : -1 - left,
        resetMs: results[at + 1] / 1_000,
        retryAfterMs: waitUs < 0 ? Infinity : waitUs / 1_000,
      };
    },
    makeLocal,
  };
}
