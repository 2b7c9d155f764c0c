import type { Logger, MetricSink } from "../../core/mod.ts";
import type { Clock } from "../../timeout/mod.ts";
import type { KeyedLimiter } from "../mod.ts";

/** Who decides while Redis does not. */
export type RedisFailureChoice = "local" | "open" | "closed";

/** Options of every limiter over Redis. */
export interface RedisLimiterOptions {
  /**
   * Names the rule: in `RateLimit` fields, in keys, logs and metrics. Limiters that shall share their counts have the
   * same name and the same rule.
   *
   * @default {"default"}
   */
  name?: string;
  /**
   * The start of all keys in Redis.
   *
   * @default {"pingo:limit:"}
   */
  prefix?: string;
  /**
   * How long a take waits for Redis before the choice of `onFailure` holds. What Redis takes after that stays taken
   * there. Where this process was itself late, by more than 5 ms, a take gets 10 ms more, once: the answer may lie
   * unread in its socket.
   *
   * @default {100}
   */
  timeoutMs?: number;
  /**
   * How many takes in a row may fail before Redis is not asked any more and nobody waits for it; a lost connection
   * needs but one.
   *
   * @default {3}
   */
  maxFailures?: number;
  /**
   * How long the pause between two probes is that find out whether Redis is back. A probe takes from a key of its own
   * and holds no request up.
   *
   * @default {1000}
   */
  retryMs?: number;
  /**
   * Who decides while Redis does not: `local`, a limiter of this process; `open`, everything passes; `closed`,
   * nothing does.
   *
   * @default {"local"}
   */
  onFailure?: RedisFailureChoice;
  /**
   * The limiter of `local`. What Redis lets through is taken from it too, so that nobody begins anew with a full bucket
   * when Redis fails. With several processes each of them decides by its own: a share of the rule for each keeps the
   * sum within it.
   *
   * @default a `KeyedTokenBucket` of the same rate and burst (a window's is its limit)
   */
  local?: KeyedLimiter;
  /** Hears when Redis no longer decides, and when it does again. */
  logger?: Logger;
  /** Gets the metrics, which all begin with `pingo_limit_redis_`. */
  metrics?: MetricSink;
  /**
   * Clock of timeouts and pauses. Limits are counted by the time of the Redis server.
   *
   * @default {systemClock}
   */
  clock?: Clock;
}
