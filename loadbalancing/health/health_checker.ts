import type { Logger } from "../../core/mod.ts";
import { type Clock, type Random, systemClock, systemRandom } from "../../timeout/mod.ts";
import { CheckQueue } from "./_check_queue.ts";
import { type HealthMetrics, healthMetrics } from "./_health_metrics.ts";
import { Listeners } from "../_listeners.ts";
import { Probe, type ProbeSettings } from "./_probe.ts";
import {
  type CheckTiming,
  checkTiming,
  type HealthCheckerOptions,
} from "./health_checker_options.ts";
import { checkRiseFall, RiseFall, type RiseFallOptions } from "./rise_fall.ts";
import { tcpCheck } from "./tcp_check.ts";
import type { CheckedBackend, WatchedSet } from "./watched_set.ts";

/** What {@linkcode HealthChecker.snapshot} tells of a backend. */
export interface HealthSnapshot {
  /** The backend's id. */
  readonly id: string;
  /** Whether it counts as healthy. */
  readonly isHealthy: boolean;
  /** How many checks have ended. */
  readonly checks: number;
  /** How many of them failed. */
  readonly failures: number;
  /** How many checks in a row had the same result as the last one. */
  readonly inARow: number;
  /** When the last one began, in milliseconds since 1970; null before the first. */
  readonly lastAt: number | null;
  /** How long it took; null before the first. */
  readonly lastMs: number | null;
  /** Why it failed; null when it passed. */
  readonly lastReason: string | null;
}

/**
 * Active health checks of the backends of a set.
 *
 * A new backend is checked at once; one that leaves the set is not checked any more, and its running check is
 * cancelled. The first check of a backend decides alone, later ones by `riseCount` and `fallCount`. When the
 * checker stops, backends stay what they were found to be.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { peer } from "@pingo/pingo/core";
 * import { HealthChecker, httpCheck } from "@pingo/pingo/loadbalancing";
 *
 * await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
 *   return new Response("in maintenance", { status: 503 });
 * });
 * const backend = {
 *   id: "a",
 *   peer: peer(`127.0.0.1:${server.addr.port}`),
 *   isHealthy: true,
 *   markHealthy(isHealthy: boolean) {
 *     this.isHealthy = isHealthy;
 *   },
 * };
 * // A BackendSet in a program.
 * const set = { backends: [backend], onChange: () => () => {} };
 * await using checker = new HealthChecker(set, { check: httpCheck({ path: "/healthz" }) });
 * checker.start();
 * await checker.whenChecked();
 * assertEquals(backend.isHealthy, false);
 * assertEquals(checker.snapshot()[0].lastReason, "Cannot pass the health check: status 503");
 * ```
 */
export class HealthChecker<Backend extends CheckedBackend> implements AsyncDisposable {
  readonly #set: WatchedSet<Backend>;
  readonly #settings: ProbeSettings;
  readonly #timing: CheckTiming;
  readonly #riseFall: Required<RiseFallOptions>;
  readonly #startsHealthy: boolean;
  readonly #name: string;
  readonly #logger: Logger | undefined;
  readonly #metrics: HealthMetrics | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #queue: CheckQueue;
  readonly #probes = new Map<Backend, Probe<Backend>>();
  readonly #changes = new Listeners<[backend: Backend, isHealthy: boolean, reason: string]>();
  readonly #passed = new Listeners<[backend: Backend]>();
  /** Who waits until every backend has been checked. */
  #waiters: (() => void)[] = [];
  #unfollow: (() => void) | null = null;
  #followed: readonly Backend[] | null = null;

  /**
   * A checker that is stopped.
   *
   * @throws {TypeError} when `check` is no check
   * @throws {RangeError} when another option makes no sense
   */
  constructor(set: WatchedSet<Backend>, options: HealthCheckerOptions = {}) {
    const {
      check = tcpCheck(),
      initialState = "healthy",
      name = "",
      logger,
      metrics,
      clock = systemClock,
      random = systemRandom,
    } = options;
    if (initialState !== "healthy" && initialState !== "unhealthy") {
      throw new RangeError(`Cannot check health: the initial state "${initialState}" is none`);
    }
    if (typeof check !== "function" && typeof check?.check !== "function") {
      throw new TypeError("Cannot check health: the check is neither a function nor has one");
    }
    this.#set = set;
    this.#timing = checkTiming(options);
    this.#riseFall = checkRiseFall(options);
    this.#settings = { check, clock, timeoutMs: this.#timing.timeoutMs };
    this.#startsHealthy = initialState === "healthy";
    this.#name = name;
    this.#logger = logger;
    this.#metrics = metrics && healthMetrics(metrics, name);
    this.#clock = clock;
    this.#random = random;
    this.#queue = new CheckQueue(this.#timing.maxConcurrent);
  }

  /** Begins to check; does nothing when it has begun. */
  start(): void {
    if (this.#unfollow !== null) return;
    this.#unfollow = this.#set.onChange(() => this.#follow(this.#set.backends));
    this.#follow(this.#set.backends);
  }

  /** Ends all checks; settles when none runs any more. */
  async stop(): Promise<void> {
    if (this.#unfollow === null) return;
    this.#unfollow();
    this.#unfollow = null;
    this.#follow([]);
    this.#followed = null;
    await this.#queue.idle();
    const { check } = this.#settings;
    if (typeof check !== "function") await check[Symbol.asyncDispose]?.();
  }

  /** Settles when every backend of the set has been checked once, or the checker has stopped. */
  whenChecked(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiters.push(resolve);
      this.#wakeWaiters();
    });
  }

  /**
   * Calls `fn` when a backend becomes healthy or unhealthy; the reason is that of the last check.
   *
   * @returns a function that takes the listener back
   */
  onChange(fn: (backend: Backend, isHealthy: boolean, reason: string) => void): () => void {
    return this.#changes.add(fn);
  }

  /**
   * Calls `fn` for each check that passed of a backend that counts as healthy.
   *
   * @returns a function that takes the listener back
   */
  onPassed(fn: (backend: Backend) => void): () => void {
    return this.#passed.add(fn);
  }

  /** What is known of each backend, for the admin interface. */
  snapshot(): HealthSnapshot[] {
    return Array.from(this.#probes.values(), (probe) => ({
      id: probe.backend.id,
      isHealthy: probe.state.isHealthy,
      checks: probe.checks,
      failures: probe.failures,
      inARow: probe.state.inARow,
      lastAt: probe.lastAt,
      lastMs: probe.lastMs,
      lastReason: probe.lastReason,
    }));
  }

  /** The same as {@linkcode HealthChecker.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** A set also tells of changes to its backends, such as those that checks make. */
  #follow(backends: readonly Backend[]): void {
    if (backends === this.#followed) return;
    this.#followed = backends;
    const next = new Set(backends);
    for (const [backend, probe] of this.#probes) {
      // One that has moved is checked anew.
      if (next.has(backend) && probe.isAt(backend.peer)) continue;
      this.#probes.delete(backend);
      probe.end();
    }
    for (const backend of next) {
      if (!this.#probes.has(backend)) this.#add(backend);
      // Who hears of the mark may have swapped the set, and the new one is followed already.
      if (this.#followed !== backends) return;
    }
    this.#gauge();
    this.#wakeWaiters();
  }

  #add(backend: Backend): void {
    const state = new RiseFall(this.#startsHealthy, this.#riseFall);
    const probe = new Probe(backend, state, this.#settings);
    this.#probes.set(backend, probe);
    if (backend.isHealthy !== state.isHealthy) backend.markHealthy(state.isHealthy);
    this.#enqueue(probe);
  }

  #enqueue(probe: Probe<Backend>): void {
    probe.unschedule = this.#queue.add(async () => {
      const isGood = await probe.run();
      if (isGood === null) return;
      try {
        this.#note(probe, isGood);
      } finally {
        // Who hears of a change may have stopped the checker.
        if (!probe.isEnded) this.#schedule(probe);
      }
    });
  }

  #schedule(probe: Probe<Backend>): void {
    const { intervalMs, jitter } = this.#timing;
    const delayMs = intervalMs * (1 + jitter * (2 * this.#random() - 1));
    probe.unschedule = this.#clock.setTimer(() => this.#enqueue(probe), delayMs);
  }

  #note(probe: Probe<Backend>, isGood: boolean): void {
    const { backend, state } = probe;
    const metrics = this.#metrics;
    (isGood ? metrics?.passed : metrics?.failed)?.add();
    if (state.note(isGood)) this.#change(probe);
    if (isGood && state.isHealthy) this.#passed.call(backend);
    this.#wakeWaiters();
  }

  #change({ backend, state: { isHealthy }, lastReason }: Probe<Backend>): void {
    const reason = lastReason ?? "the check passes";
    backend.markHealthy(isHealthy);
    const metrics = this.#metrics;
    (isHealthy ? metrics?.toHealthy : metrics?.toUnhealthy)?.add();
    this.#gauge();
    const fields = { set: this.#name, backend: backend.id };
    if (isHealthy) this.#logger?.info("backend healthy", fields);
    else this.#logger?.warn("backend unhealthy", { ...fields, reason });
    this.#changes.call(backend, isHealthy, reason);
  }

  #gauge(): void {
    if (this.#metrics === undefined) return;
    let healthy = 0;
    for (const { state } of this.#probes.values()) if (state.isHealthy) healthy++;
    this.#metrics.healthy.set(healthy);
    this.#metrics.unhealthy.set(this.#probes.size - healthy);
  }

  #wakeWaiters(): void {
    if (this.#waiters.length === 0) return;
    for (const { checks } of this.#probes.values()) if (checks === 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
