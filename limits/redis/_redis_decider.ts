import { type RedisClient, RedisError } from "../../core/mod.ts";
import { type Clock, systemClock } from "../../timeout/mod.ts";
import type { Decision, KeyedLimiter } from "../mod.ts";
import { Availability, type FailureReason } from "./_availability.ts";
import { Deadlines } from "./_deadlines.ts";
import { type LimitMetrics, limitMetrics } from "./_limit_metrics.ts";
import { redisKey } from "./_redis_key.ts";
import type { RedisRule } from "./_redis_rule.ts";
import { RedisTake, type RedisTakeSettings, type TakeEnds } from "./_redis_take.ts";
import { TakeQueue } from "./_take_queue.ts";
import type { RedisFailureChoice, RedisLimiterOptions } from "./redis_limiter_options.ts";

/** Asks Redis, and lets the configured choice hold where that does not answer in time. */
export class RedisDecider {
  readonly #client: RedisClient;
  readonly #rule: RedisRule;
  readonly #prefix: string;
  readonly #timeoutMs: number;
  readonly #retryMs: number;
  readonly #choice: RedisFailureChoice;
  readonly #local: KeyedLimiter | null;
  readonly #clock: Clock;
  readonly #queue: TakeQueue;
  readonly #deadlines: Deadlines;
  readonly #availability: Availability;
  readonly #metrics: LimitMetrics | null;
  readonly #logger: RedisLimiterOptions["logger"];
  #downAt = 0;

  readonly #takeEnds: TakeEnds = {
    decided: (take, decision) => {
      if (!this.#deadlines.remove(take)) return;
      this.#availability.succeeded();
      // So that a key that has used up its limit does not begin anew when Redis fails.
      if (decision.isAllowed) this.#local?.allow(take.name, take.n);
      if (this.#metrics !== null) {
        this.#metrics.decisions.redis.add();
        this.#metrics.duration.observe((this.#clock.now() - take.start) / 1_000);
      }
      take.resolve?.(decision);
    },
    failed: (take, error) => {
      if (!this.#deadlines.remove(take)) return;
      this.#failedBy(error);
      take.resolve?.(this.#decideWithout(take.name, take.n));
    },
    givenUp: (take, isOverdue) => {
      if (isOverdue) this.#failed("timeout", null);
      take.resolve?.(this.#decideWithout(take.name, take.n));
    },
  };

  /** Nobody waits for a probe. */
  readonly #probeEnds: TakeEnds = {
    decided: (take) => {
      if (!this.#deadlines.remove(take)) return;
      this.#availability.probed(true);
      this.#metrics?.up.set(1);
      this.#logger?.info("Redis decides a limit again", {
        limiter: this.#rule.policy.name,
        afterMs: Math.round(this.#clock.now() - this.#downAt),
      });
    },
    failed: (take, error) => {
      if (!this.#deadlines.remove(take)) return;
      this.#failedBy(error);
      this.#availability.probed(false);
    },
    givenUp: (_take, isOverdue) => {
      if (isOverdue) this.#failed("timeout", null);
      this.#availability.probed(false);
    },
  };

  constructor(client: RedisClient, rule: RedisRule, options: RedisLimiterOptions) {
    const {
      prefix = "pingo:limit:",
      timeoutMs = 100,
      maxFailures = 3,
      retryMs = 1_000,
      onFailure = "local",
      clock = systemClock,
      local,
      logger,
      metrics,
    } = options;
    const { name } = rule.policy;
    checkAbove0({ timeoutMs, retryMs });
    if (!(Number.isInteger(maxFailures) && maxFailures >= 1)) {
      throw new RangeError(
        `Cannot create limiter: maxFailures ${maxFailures} is not a whole number from 1 on`,
      );
    }
    if (!["local", "open", "closed"].includes(onFailure)) {
      throw new TypeError(`Cannot create limiter: onFailure is local, open or closed`);
    }
    if (local !== undefined && onFailure !== "local") {
      throw new TypeError(`Cannot create limiter: "local" is given, but onFailure is ${onFailure}`);
    }
    this.#client = client;
    this.#rule = rule;
    this.#prefix = `${prefix}${name}:${rule.keyPart}:`;
    this.#timeoutMs = timeoutMs;
    this.#retryMs = retryMs;
    this.#choice = onFailure;
    this.#local = onFailure === "local" ? local ?? rule.makeLocal(clock) : null;
    this.#clock = clock;
    this.#queue = new TakeQueue(client, rule);
    this.#deadlines = new Deadlines(clock);
    this.#availability = new Availability({ maxFailures, retryMs, clock });
    this.#metrics = metrics === undefined ? null : limitMetrics(metrics, name);
    this.#metrics?.up.set(1);
    this.#logger = logger;
  }

  get isUp(): boolean {
    return this.#availability.isUp;
  }

  take(key: string, n: number): Promise<Decision> {
    if (!(n >= 0 && n < Infinity)) {
      return Promise.reject(
        new RangeError(`Cannot take ${n} units: write a finite number from 0 on`),
      );
    }
    if (!this.#availability.isUp) {
      this.#probeWhenDue();
      return Promise.resolve(this.#decideWithout(key, n));
    }
    if (!this.#client.isReady) {
      this.#failed("disconnected", null);
      return Promise.resolve(this.#decideWithout(key, n));
    }
    return new Promise((resolve) => {
      this.#ask(this.#takeEnds, { name: key, key: redisKey(this.#prefix, key), n, resolve });
    });
  }

  /** Decides all that waits without Redis, and stops the timer. */
  stop(): void {
    this.#deadlines.stop();
  }

  #ask(
    ends: TakeEnds,
    what: Pick<RedisTakeSettings, "name" | "key" | "n" | "resolve">,
  ): void {
    const { name, key, n, resolve } = what;
    const start = this.#clock.now();
    const deadline = start + this.#timeoutMs;
    const take = new RedisTake(ends, { name, key, n, start, deadline, resolve });
    this.#deadlines.add(take);
    this.#queue.add(take);
  }

  #failedBy(error: unknown): void {
    const isGone = error instanceof RedisError && error.code === "DISCONNECTED";
    this.#failed(isGone ? "disconnected" : "error", error);
  }

  #failed(reason: FailureReason, error: unknown): void {
    this.#metrics?.failures[reason].add();
    if (!this.#availability.failed(reason)) return;
    this.#downAt = this.#clock.now();
    this.#metrics?.up.set(0);
    this.#logger?.warn("Redis does not decide a limit any more", {
      limiter: this.#rule.policy.name,
      reason,
      onFailure: this.#choice,
      ...error instanceof Error ? { error: error.message } : {},
    });
  }

  #probeWhenDue(): void {
    if (!this.#client.isReady || !this.#availability.claimProbe()) return;
    // From a key of its own, and a little: a server that can only be read from is not back, which would not be
    // seen once the key has used up its limit.
    const key = `${this.#prefix}{probe}`;
    this.#ask(this.#probeEnds, { name: key, key, n: PROBE_UNITS, resolve: null });
  }

  #decideWithout(key: string, n: number): Decision {
    this.#metrics?.decisions[this.#choice].add();
    if (this.#local !== null) return this.#local.take(key, n);
    const { policy, limit } = this.#rule;
    return this.#choice === "open"
      ? { isAllowed: true, policy, limit, remaining: limit, resetMs: 0, retryAfterMs: 0 }
      : {
        isAllowed: false,
        policy,
        limit,
        remaining: 0,
        resetMs: this.#retryMs,
        retryAfterMs: this.#retryMs,
      };
  }
}

const PROBE_UNITS = 0.001;

function checkAbove0(durations: Readonly<Record<string, number>>): void {
  for (const [name, ms] of Object.entries(durations)) {
    if (!(ms > 0 && ms < Infinity)) {
      throw new RangeError(`Cannot create limiter: ${name} ${ms} is not a finite number above 0`);
    }
  }
}
