import type { RedisReply } from "../../core/mod.ts";
import type { Clock } from "../../timeout/mod.ts";
import type { Decision, KeyedLimiter, LimitPolicy } from "../mod.ts";
import type { LimitScripts } from "./_limit_script.ts";

/** One algorithm: knows its scripts and what goes in and out of them. */
export interface RedisRule {
  readonly policy: LimitPolicy;
  /** The most units that can be taken at once. */
  readonly limit: number;
  readonly scripts: LimitScripts;
  /** Tells this rule's keys from those of others: two rules under one name must not read each other's. */
  readonly keyPart: string;
  /** What the scripts get before the costs, as a list of its own. */
  args(): number[];
  /** What a take of so many units costs: a whole number from 0 on. */
  costOf(n: number): number;
  /** The results that the reply of the single script tells; null where it is none of it. */
  resultsOf(reply: RedisReply): readonly number[] | null;
  /** What the results of a take say, which begin at `at`. */
  decisionOf(results: readonly number[], at: number, n: number): Decision;
  /** The same rule in memory. */
  makeLocal(clock: Clock): KeyedLimiter;
}
