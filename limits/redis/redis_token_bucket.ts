import type { RedisClient } from "../../core/mod.ts";
import {
  type AsyncLimiter,
  type Decision,
  KeyedTokenBucket,
  type LimitPolicy,
  type Rate,
  TokenBucket,
} from "../mod.ts";
import { bucketRule } from "./_bucket_rule.ts";
import { RedisDecider } from "./_redis_decider.ts";
import type { RedisLimiterOptions } from "./redis_limiter_options.ts";
import { TOKEN_BUCKET_LUA } from "./_token_bucket_script.ts";

/** Options of {@linkcode RedisTokenBucket}. */
export interface RedisTokenBucketOptions extends RedisLimiterOptions {
  /**
   * How many tokens each bucket holds: what can be taken at once; above 0.
   *
   * @default {Math.max(1, rate.limit)}
   */
  burst?: number;
}

/**
 * A token bucket for each key, which all processes share that use the same Redis: together they never let more than
 * `burst` and what the rate gives through, and none of them is refused what is there.
 *
 * A take is one script in one round trip; all takes of one turn of the event loop share calls, 128 in each, and are
 * decided as if they came one after another (on a cluster, those of one key share calls). It counts in whole
 * numbers and by the server's time, so that it is exact whatever the clocks of the processes say. A key is one short
 * string, and vanishes within two seconds after its bucket is full again.
 *
 * @example What holds while Redis is not there
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RedisTokenBucket } from "@pingo/pingo/limits/redis";
 * import { openRedis } from "@pingo/pingo/core/redis/iovalkey";
 *
 * await using redis = openRedis("redis://127.0.0.1:9"); // nobody is there
 * using limiter = new RedisTokenBucket(redis, "10/s", { burst: 1, onFailure: "local" });
 * assertEquals((await limiter.take("a")).isAllowed, true);
 * assertEquals((await limiter.take("a")).isAllowed, false);
 * assertEquals(limiter.isUp, false);
 * ```
 */
export class RedisTokenBucket implements AsyncLimiter, Disposable {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #decider: RedisDecider;

  /**
   * A limiter over a client. It neither opens nor closes the client.
   *
   * @throws {TypeError} if the rate, the name or `onFailure` cannot be understood
   * @throws {RangeError} if a number is out of its range, or the rate so odd that it cannot be counted exactly
   */
  constructor(client: RedisClient, rate: Rate | string, options: RedisTokenBucketOptions = {}) {
    // It checks what it is given.
    const [policy] = new TokenBucket(rate, options).policies;
    const { name, burst = Math.max(1, policy.limit) } = options;
    this.policies = [policy];
    const rule = bucketRule({
      policy,
      burst,
      lua: TOKEN_BUCKET_LUA,
      kind: "bucket",
      makeLocal: (clock) => new KeyedTokenBucket(policy, { name, burst, clock }),
    });
    this.#decider = new RedisDecider(client, rule, options);
  }

  /** Whether takes are sent to Redis; while false, `onFailure` decides. */
  get isUp(): boolean {
    return this.#decider.isUp;
  }

  /**
   * Takes tokens of a key if there are enough. It never rejects because of Redis.
   *
   * @param n 1 when left out
   * @throws {RangeError} if `n` is negative or not finite
   */
  take(key: string, n = 1): Promise<Decision> {
    return this.#decider.take(key, n);
  }

  /**
   * Decides what still waits by `onFailure`, and stops the timer of `timeoutMs`. That timer keeps no process alive and
   * ends by itself when nobody takes; so only who counts timers, such as a test, needs this.
   */
  [Symbol.dispose](): void {
    this.#decider.stop();
  }
}
