import type { RedisClient } from "../../core/mod.ts";
import {
  type AsyncLimiter,
  type Decision,
  Gcra,
  KeyedTokenBucket,
  type LimitPolicy,
  type Rate,
} from "../mod.ts";
import { bucketRule } from "./_bucket_rule.ts";
import { GCRA_LUA } from "./_gcra_script.ts";
import { RedisDecider } from "./_redis_decider.ts";
import type { RedisLimiterOptions } from "./redis_limiter_options.ts";

/** Options of {@linkcode RedisGcra}. */
export interface RedisGcraOptions extends RedisLimiterOptions {
  /**
   * How many units may come at once; from 1 on.
   *
   * @default {1}
   */
  burst?: number;
}

/**
 * The generic cell rate algorithm (ITU-T I.371) for each key, which all processes share that use the same Redis: units
 * come evenly spaced, and `burst` of them may come early. It lets through exactly what a `RedisTokenBucket` of the same
 * burst does; only a server's clock that goes back delays what it gives, by no more than a burst takes.
 *
 * A take is one script in one round trip, by the server's time; see `RedisTokenBucket`.
 *
 * @example What holds while Redis is not there
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RedisGcra } from "@pingo/pingo/limits/redis";
 * import { openRedis } from "@pingo/pingo/core/redis/iovalkey";
 *
 * await using redis = openRedis("redis://127.0.0.1:9"); // nobody is there
 * using limiter = new RedisGcra(redis, "10/s", { onFailure: "closed", retryMs: 500 });
 * const { isAllowed, retryAfterMs } = await limiter.take("a");
 * assertEquals([isAllowed, retryAfterMs], [false, 500]);
 * ```
 */
export class RedisGcra implements AsyncLimiter, Disposable {
  /** Its rule. */
  readonly policies: readonly [LimitPolicy];
  readonly #decider: RedisDecider;

  /**
   * A limiter over a client. It neither opens nor closes the client.
   *
   * @throws {TypeError} if the rate, the name or `onFailure` cannot be understood
   * @throws {RangeError} if a number is out of its range, or the rate so odd that it cannot be counted exactly
   */
  constructor(client: RedisClient, rate: Rate | string, options: RedisGcraOptions = {}) {
    // It checks what it is given.
    const [policy] = new Gcra(rate, options).policies;
    const { name, burst = 1 } = options;
    this.policies = [policy];
    const rule = bucketRule({
      policy,
      burst,
      lua: GCRA_LUA,
      kind: "gcra",
      makeLocal: (clock) => new KeyedTokenBucket(policy, { name, burst, clock }),
    });
    this.#decider = new RedisDecider(client, rule, options);
  }

  /** Whether takes are sent to Redis; while false, `onFailure` decides. */
  get isUp(): boolean {
    return this.#decider.isUp;
  }

  /**
   * Takes units of a key if it is time. It never rejects because of Redis.
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
