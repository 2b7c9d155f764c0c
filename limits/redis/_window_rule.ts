import { type RedisReply, RedisScript } from "../../core/mod.ts";
import type { Decision, LimitPolicy } from "../mod.ts";
import type { RedisRule } from "./_redis_decider.ts";
import { SLIDING_WINDOW_SCRIPT } from "./_sliding_window_script.ts";

/** What {@linkcode windowRule} is made from. */
export interface WindowRuleSettings {
  readonly policy: LimitPolicy;
  readonly slices: number;
  /** As in {@linkcode RedisRule.makeLocal}. */
  readonly makeLocal: RedisRule["makeLocal"];
  /** Time for the script instead of the server's, in microseconds: for tests. */
  readonly nowUs?: () => number;
}

/** Fractions of a unit are counted in thousandths. */
const PARTS = 1_000;

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
  const partsOf = (n: number): number => Math.ceil(n * PARTS - 1e-6);

  return {
    policy,
    limit,
    script: new RedisScript(SLIDING_WINDOW_SCRIPT),
    keyPart: `window:${limit}/${windowMs}/${slices}`,
    argsOf: (n) => [
      partsOf(n),
      maxParts,
      widthUs,
      slices,
      ...nowUs === undefined ? [] : [nowUs()],
    ],
    decisionOf(reply): Decision | null {
      if (!isNumbers(reply) || reply.length !== 4) return null;
      const [allowed, free, resetUs, waitUs] = reply;
      return {
        isAllowed: allowed === 1,
        policy,
        limit,
        remaining: Math.floor(free / PARTS),
        resetMs: resetUs / 1_000,
        retryAfterMs: waitUs < 0 ? Infinity : waitUs / 1_000,
      };
    },
    makeLocal,
  };
}

function isNumbers(reply: RedisReply): reply is readonly number[] {
  return Array.isArray(reply) && reply.every((each) => typeof each === "number");
}
