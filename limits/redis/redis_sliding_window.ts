import type { RedisClient } from "../../core/mod.ts";
import {
  type AsyncLimiter,
  type Decision,
  KeyedTokenBucket,
  type LimitPolicy,
  type Rate,
  SlidingWindowLimiter,
} from "../mod.ts";
import { RedisDecider } from "./_redis_decider.ts";
import { windowRule } from "./_window_rule.ts";
import type { RedisLimiterOptions } from "./redis_limiter_options.ts";

/** Options of {@linkcode RedisSlidingWindow}. */
export interface RedisSlidingWindowOptions extends RedisLimiterOptions {
  /**
   * In how many slices the window moves on; a whole number from 1 to 100. What was taken is given back at most one
   * slice late, and a key keeps four numbers more than there are slices.
   *
   * @default {10}
   */
  slices?: number;
}

/**
 * A window for each key that slides, which all processes share that use the same Redis: in no span of `windowMs`,
 * wherever it begins, do they together let more than the limit through. Counters of two windows, the usual cheap form,
 * do not keep that; a log of every take does, and needs memory for each. This one counts by slices, and the oldest one
 * counts until all of it is out of the window.
 *
 * A take is one script in one round trip, by the server's time; see `RedisTokenBucket`.
 *
 * @example What holds while Redis is not there
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RedisSlidingWindow } from "@pingo/pingo/limits/redis";
 * import { openRedis } from "@pingo/pingo/core/redis/iovalkey";
 *
 * await using redis = openRedis("redis://127.0.0.1:9"); // nobody is there
 * using limiter = new RedisSlidingWindow(redis, "10/m", { onFailure: "open" });
 * assertEquals((await limiter.take("a", 10)).isAllowed, true);
 * assertEquals((await limiter.take("a", 10)).isAllowed, true);
 * ```
 */
export class RedisSlidingWindow implements AsyncLimiter, Disposable {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #decider: RedisDecider;

  /**
   * A limiter over a client. It neither opens nor closes the client.
   *
   * @throws {TypeError} if the rate, the name or `onFailure` cannot be understood
   * @throws {RangeError} if a number is out of its range; the rate's limit must be 1 or more
   */
  constructor(client: RedisClient, rate: Rate | string, options: RedisSlidingWindowOptions = {}) {
    // It checks what it is given.
    const [policy] = new SlidingWindowLimiter(rate, options).policies;
    const { name, slices = 10 } = options;
    if (!(Number.isInteger(slices) && slices >= 1 && slices <= 100)) {
      throw new RangeError(
        `Cannot create RedisSlidingWindow: slices ${slices} is not a whole number from 1 to 100`,
      );
    }
    this.policies = [policy];
    const rule = windowRule({
      policy,
      slices,
      makeLocal: (clock) => new KeyedTokenBucket(policy, { name, burst: policy.limit, clock }),
    });
    this.#decider = new RedisDecider(client, rule, options);
  }

  /** Whether takes are sent to Redis; while false, `onFailure` decides. */
  get isUp(): boolean {
    return this.#decider.isUp;
  }

  /**
   * Takes units of a key if there are enough. It never rejects because of Redis.
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
