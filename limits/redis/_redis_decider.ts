import {
  type RedisArgument,
  type RedisClient,
  RedisError,
  type RedisReply,
  type RedisScript,
} from "../../core/mod.ts";
import { type Clock, systemClock } from "../../timeout/mod.ts";
import type { Decision, KeyedLimiter, LimitPolicy } from "../mod.ts";
import { Availability, type FailureReason } from "./_availability.ts";
import { Deadlines, type Pending } from "./_deadlines.ts";
import { type LimitMetrics, limitMetrics } from "./_limit_metrics.ts";
import { redisKey } from "./_redis_key.ts";
import type { RedisFailureChoice, RedisLimiterOptions } from "./redis_limiter_options.ts";

/** One algorithm: knows its script and what goes in and out of it. */
export interface RedisRule {
  readonly policy: LimitPolicy;
  /** The most units that can be taken at once. */
  readonly limit: number;
  readonly script: RedisScript;
  /** Tells this rule's keys from those of others: two rules under one name must not read each other's. */
  readonly keyPart: string;
  /** What the script gets. */
  argsOf(n: number): RedisArgument[];
  /** What the script's reply says; null where it is none of this script. */
  decisionOf(reply: RedisReply, n: number): Decision | null;
  /** The same rule in memory. */
  makeLocal(clock: Clock): KeyedLimiter;
}

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
  readonly #deadlines: Deadlines;
  readonly #availability: Availability;
  readonly #metrics: LimitMetrics | null;
  readonly #logger: RedisLimiterOptions["logger"];
  #downAt = 0;

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
      this.#ask(redisKey(this.#prefix, key), n, (decision, start) => {
        if (decision === null) return resolve(this.#decideWithout(key, n));
        this.#availability.succeeded();
        // So that a key that has used up its limit does not begin anew when Redis fails.
        if (decision.isAllowed) this.#local?.allow(key, n);
        if (this.#metrics !== null) {
          this.#metrics.decisions.redis.add();
          this.#metrics.duration.observe((this.#clock.now() - start) / 1_000);
        }
        resolve(decision);
      });
    });
  }

  /** Decides all that waits without Redis, and stops the timer. */
  stop(): void {
    this.#deadlines.stop();
  }

  /** Runs the script; `done` is called once, with null where there is no answer in time. */
  #ask(
    key: string,
    n: number,
    done: (decision: Decision | null, start: number) => void,
  ): void {
    const start = this.#clock.now();
    const pending: Pending = {
      deadline: start + this.#timeoutMs,
      giveUp: (isOverdue) => {
        if (isOverdue) this.#failed("timeout", null);
        done(null, start);
      },
    };
    this.#deadlines.add(pending);
    const call = { keys: [key], args: this.#rule.argsOf(n) };
    this.#rule.script.run(this.#client, call).then((reply) => {
      if (!this.#deadlines.remove(pending)) return;
      const decision = this.#rule.decisionOf(reply, n);
      if (decision === null) this.#failed("error", UNREADABLE);
      done(decision, start);
    }, (error: unknown) => {
      if (!this.#deadlines.remove(pending)) return;
      const isGone = error instanceof RedisError && error.code === "DISCONNECTED";
      this.#failed(isGone ? "disconnected" : "error", error);
      done(null, start);
    });
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
    this.#ask(`${this.#prefix}{probe}`, PROBE_UNITS, (decision) => {
      this.#availability.probed(decision !== null);
      if (decision === null) return;
      this.#metrics?.up.set(1);
      this.#logger?.info("Redis decides a limit again", {
        limiter: this.#rule.policy.name,
        afterMs: Math.round(this.#clock.now() - this.#downAt),
      });
    });
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

const UNREADABLE = new RedisError(
  "ERR",
  "Cannot read the reply of a limit's script: it has another form",
);

function checkAbove0(durations: Readonly<Record<string, number>>): void {
  for (const [name, ms] of Object.entries(durations)) {
    if (!(ms > 0 && ms < Infinity)) {
      throw new RangeError(`Cannot create limiter: ${name} ${ms} is not a finite number above 0`);
    }
  }
}
