import type { Peer } from "../core/mod.ts";
import { Listeners } from "./_listeners.ts";
import {
  type BackendOptions,
  type BackendSettings,
  backendSettings,
  isSameSettings,
} from "./backend_options.ts";
import type { BackendSnapshot, BackendStatistics } from "./backend_snapshot.ts";

/**
 * What an operator wants of a backend.
 *
 * - `enabled`: it takes traffic;
 * - `draining`: it takes nobody new, only clients that are bound to it (sticky sessions);
 * - `disabled`: it takes nobody. What is under way goes on in both cases.
 */
export type BackendState = "enabled" | "draining" | "disabled";

/** What has changed about a backend: the operator's wish, active health, ejection, or its options. */
export type BackendChange = "state" | "health" | "ejection" | "options";

/** Hears of a change. */
export type BackendListener = (backend: Backend, change: BackendChange) => void;

/**
 * How an attempt counts for the backend. `aborted` ones say nothing about it: the client left, or a filter
 * failed.
 */
export type BackendResult = "succeeded" | "failed" | "aborted";

/** RFC 6298 §2.3 smooths round trips with it. */
const LATENCY_GAIN = 1 / 8;

/**
 * One server behind a balancer: what an operator wants of it, what health checks and outlier ejection think
 * of it, how many attempts are under way, and what came of the earlier ones.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { Backend } from "@pingo/pingo/loadbalancing";
 *
 * const backend = new Backend({ peer: "10.0.0.7:8080", weight: 3 });
 * assertEquals([backend.id, backend.isAvailable], ["10.0.0.7:8080", true]);
 * backend.markHealthy(false);
 * assertEquals(backend.isAvailable, false);
 * ```
 */
export class Backend {
  #settings: BackendSettings;
  #state: BackendState = "enabled";
  #isHealthy = true;
  #isEjected = false;
  #isAvailable: boolean;
  #leases = 0;
  #selected = 0;
  #succeeded = 0;
  #failed = 0;
  #aborted = 0;
  #latencyMs: number | null = null;
  readonly #listeners = new Listeners<[backend: Backend, change: BackendChange]>();

  /**
   * A backend that is enabled, healthy and idle.
   *
   * @throws {TypeError} when the peer cannot be understood, or the id is empty
   * @throws {RangeError} when a number is out of its range
   */
  constructor(options: BackendOptions) {
    this.#settings = backendSettings(options);
    this.#isAvailable = this.#settings.weight > 0;
  }

  /** What it is known by. */
  get id(): string {
    return this.#settings.id;
  }

  /** Where it is. */
  get peer(): Peer {
    return this.#settings.peer;
  }

  /** The address of the peer as people write it. */
  get address(): string {
    return this.#settings.address;
  }

  /** Its share of the traffic; 0 takes no new traffic. */
  get weight(): number {
    return this.#settings.weight;
  }

  /** Its tier; 0 is used first. */
  get priority(): number {
    return this.#settings.priority;
  }

  /** Where it stands; empty when nobody said. */
  get zone(): string {
    return this.#settings.zone;
  }

  /** How many attempts may be under way at once. */
  get maxConnections(): number {
    return this.#settings.maxConnections;
  }

  /** What the operator wants of it. */
  get state(): BackendState {
    return this.#state;
  }

  /** What active health checks think of it. */
  get isHealthy(): boolean {
    return this.#isHealthy;
  }

  /** Whether outlier ejection keeps traffic from it. */
  get isEjected(): boolean {
    return this.#isEjected;
  }

  /** Whether it may be chosen: enabled, healthy, not ejected, and of a weight above 0. */
  get isAvailable(): boolean {
    return this.#isAvailable;
  }

  /** Whether a client that is bound to it may still reach it: healthy, not ejected, not disabled. */
  get isReachable(): boolean {
    return this.#state !== "disabled" && this.#isHealthy && !this.#isEjected;
  }

  /** Attempts that are under way. */
  get leases(): number {
    return this.#leases;
  }

  /** Whether as many attempts are under way as may be. */
  get isFull(): boolean {
    return this.#leases >= this.#settings.maxConnections;
  }

  /** What came of the attempts so far. */
  get statistics(): BackendStatistics {
    return {
      selected: this.#selected,
      succeeded: this.#succeeded,
      failed: this.#failed,
      aborted: this.#aborted,
      latencyMs: this.#latencyMs,
    };
  }

  /** Takes traffic again. */
  enable(): void {
    this.#setState("enabled");
  }

  /** Takes nobody new; clients that are bound to it still reach it. */
  drain(): void {
    this.#setState("draining");
  }

  /** Takes nobody; what is under way goes on. */
  disable(): void {
    this.#setState("disabled");
  }

  /** What an active health check found. */
  markHealthy(isHealthy: boolean): void {
    if (this.#isHealthy === isHealthy) return;
    this.#isHealthy = isHealthy;
    this.#changed("health");
  }

  /** Keeps traffic from it because its answers are bad. */
  eject(): void {
    this.#setEjected(true);
  }

  /** Takes an ejection back. */
  restore(): void {
    this.#setEjected(false);
  }

  /**
   * Changes its options; health, leases and statistics stay.
   *
   * @param options all of them: what is left out has its default again
   * @returns whether anything has changed
   * @throws {TypeError} when they have another id, or the peer cannot be understood
   * @throws {RangeError} when a number is out of its range
   */
  reconfigure(options: BackendOptions): boolean {
    const settings = backendSettings(options);
    if (settings.id !== this.id) {
      throw new TypeError(`Cannot reconfigure the backend ${this.id}: it is not ${settings.id}`);
    }
    if (isSameSettings(settings, this.#settings)) return false;
    this.#settings = settings;
    this.#changed("options");
    return true;
  }

  /** Counts an attempt that begins. Each one ends in one {@linkcode Backend.release}. */
  acquire(): void {
    this.#leases++;
    this.#selected++;
  }

  /**
   * Counts the end of an attempt.
   *
   * @param result how it counts
   * @param latencyMs how long the answer took; left out when there was none
   * @throws {RangeError} when no attempt is under way
   */
  release(result: BackendResult, latencyMs?: number): void {
    if (this.#leases === 0) {
      throw new RangeError(`Cannot release the backend ${this.id}: it has no lease`);
    }
    this.#leases--;
    if (result === "succeeded") this.#succeeded++;
    else if (result === "failed") this.#failed++;
    else this.#aborted++;
    if (latencyMs === undefined) return;
    const before = this.#latencyMs;
    this.#latencyMs = before === null ? latencyMs : before + (latencyMs - before) * LATENCY_GAIN;
  }

  /**
   * Calls `fn` after each change. What it throws is rethrown apart, as an unhandled error.
   *
   * @returns a function that takes the listener back
   */
  onChange(fn: BackendListener): () => void {
    return this.#listeners.add(fn);
  }

  /** All that is known about it, as plain data. */
  snapshot(): BackendSnapshot {
    const { id, address, weight, priority, zone, maxConnections } = this.#settings;
    return {
      id,
      address,
      weight,
      priority,
      zone,
      maxConnections: maxConnections === Infinity ? null : maxConnections,
      state: this.#state,
      isHealthy: this.#isHealthy,
      isEjected: this.#isEjected,
      isAvailable: this.#isAvailable,
      leases: this.#leases,
      statistics: this.statistics,
    };
  }

  #setState(state: BackendState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#changed("state");
  }

  #setEjected(isEjected: boolean): void {
    if (this.#isEjected === isEjected) return;
    this.#isEjected = isEjected;
    this.#changed("ejection");
  }

  #changed(change: BackendChange): void {
    this.#isAvailable = this.#state === "enabled" && this.#isHealthy && !this.#isEjected &&
      this.#settings.weight > 0;
    this.#listeners.call(this, change);
  }
}
