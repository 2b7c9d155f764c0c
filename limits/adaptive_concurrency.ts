import { type Clock, systemClock, systemRandom } from "../timeout/mod.ts";
import { AdaptiveSettings } from "./_adaptive_settings.ts";
import { LatencySample } from "./_latency_sample.ts";
import { OncePermit } from "./_permit.ts";
import type { AdaptiveConcurrencyOptions } from "./adaptive_concurrency_options.ts";
import type { ConcurrencyGate, Permit } from "./concurrency_gate.ts";

/** So many windows in a row at the least limit: then the least latency is no longer what it was. */
const WINDOWS_AT_LEAST = 5;

/**
 * Finds out how many things may go on at the same time before they begin to wait for each other: as many
 * as leave the latency near to what it is without load.
 *
 * The gradient of Envoy's adaptive concurrency filter. In a probe only `minLimit` may go on, and the
 * latency that is measured then is the least one. Afterwards the latency of each window is set against it:
 * the limit is multiplied by least / now, between a half and two, and gets its square root on top, which
 * makes it rise until the latency does. Probes are repeated, since the least latency changes; with jitter,
 * so that not all proxies probe at the same time. As in Netflix's concurrency-limits, a limit that less
 * than half was used of does not rise: it says nothing.
 *
 * It sets no timer: windows and probes end when somebody comes or goes.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { AdaptiveConcurrency } from "@pingo/pingo/limits";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const gate = new AdaptiveConcurrency({ minLimit: 2, initialLimit: 10, probeCalls: 1, clock });
 * assertEquals([gate.isProbing, gate.limit], [true, 2]);
 * {
 *   using _call = gate.tryAcquire();
 *   clock.advance(40);
 * }
 * assertEquals([gate.isProbing, gate.minLatencyMs, gate.limit], [false, 40, 10]);
 * ```
 */
export class AdaptiveConcurrency implements ConcurrencyGate {
  readonly #settings: AdaptiveSettings;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #sample: LatencySample;
  /** What it is outside of probes. */
  #limit: number;
  #inFlight = 0;
  #mostInFlight = 0;
  #minLatencyMs = 0;
  #isProbing = true;
  /** What began before says nothing about a probe. */
  #probeStart: number;
  #nextProbe = Infinity;
  #windowEnd = Infinity;
  #windowsAtLeast = 0;

  /**
   * A gate that begins with a probe.
   *
   * @throws {RangeError} if a number is out of its range
   */
  constructor(options: AdaptiveConcurrencyOptions = {}) {
    const { clock = systemClock, random = systemRandom } = options;
    this.#settings = new AdaptiveSettings(options);
    this.#clock = clock;
    this.#random = random;
    this.#sample = new LatencySample(random);
    this.#limit = this.#settings.initialLimit;
    this.#probeStart = clock.now();
  }

  /** How many may go on now. */
  get limit(): number {
    return this.#isProbing ? this.#settings.minLimit : this.#limit;
  }

  /** How many go on. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** Whether the least latency is being measured. */
  get isProbing(): boolean {
    return this.#isProbing;
  }

  /** The latency without load; 0 until the first probe has ended. */
  get minLatencyMs(): number {
    return this.#minLatencyMs;
  }

  /** Takes a place if there is one. Each `true` needs one {@linkcode AdaptiveConcurrency.leave}. */
  tryEnter(): boolean {
    this.#turn(this.#clock.now());
    if (this.#inFlight >= this.limit) return false;
    this.#inFlight++;
    if (this.#inFlight > this.#mostInFlight) this.#mostInFlight = this.#inFlight;
    return true;
  }

  /**
   * Gives a place back.
   *
   * @param durationMs the latency; left out when it says nothing about the load
   * @param agoMs how long ago it began, where that was more than the latency
   */
  leave(durationMs?: number, agoMs: number = durationMs ?? 0): void {
    const now = this.#clock.now();
    this.#inFlight--;
    if (durationMs !== undefined) this.#add(durationMs, now - agoMs, now);
    this.#turn(now);
  }

  /**
   * Takes a place if there is one; null when there is none. The time until it is given back counts as the
   * latency.
   */
  tryAcquire(): Permit | null {
    if (!this.tryEnter()) return null;
    const start = this.#clock.now();
    return new OncePermit(() => this.leave(this.#clock.now() - start));
  }

  #add(durationMs: number, start: number, now: number): void {
    if (start < this.#probeStart) return;
    this.#sample.add(durationMs);
    if (this.#isProbing && this.#sample.count >= this.#settings.probeCalls) this.#endProbe(now);
  }

  #turn(now: number): void {
    if (this.#isProbing) return;
    if (now >= this.#nextProbe) this.#beginProbe(now);
    else if (now >= this.#windowEnd) this.#endWindow(now);
  }

  #beginProbe(now: number): void {
    this.#isProbing = true;
    this.#probeStart = now;
    this.#sample.clear();
  }

  #endProbe(now: number): void {
    const { percentile, probeIntervalMs, probeJitter } = this.#settings;
    this.#minLatencyMs = this.#sample.takeQuantile(percentile);
    this.#isProbing = false;
    this.#windowsAtLeast = 0;
    this.#nextProbe = now + probeIntervalMs * (1 + probeJitter * this.#random());
    this.#beginWindow(now);
  }

  #beginWindow(now: number): void {
    this.#windowEnd = now + this.#settings.windowMs;
    this.#mostInFlight = this.#inFlight;
  }

  #endWindow(now: number): void {
    if (this.#sample.count > 0) this.#adjust(this.#sample.takeQuantile(this.#settings.percentile));
    this.#beginWindow(now);
    if (this.#windowsAtLeast >= WINDOWS_AT_LEAST) this.#beginProbe(now);
  }

  #adjust(latencyMs: number): void {
    const { minLimit, maxLimit, tolerance } = this.#settings;
    // Without a latency, nothing is slower than nothing.
    const raw = latencyMs > 0 ? this.#minLatencyMs * (1 + tolerance) / latencyMs : 2;
    const scaled = this.#limit * Math.min(2, Math.max(0.5, raw));
    const next = Math.min(maxLimit, Math.max(minLimit, Math.floor(scaled + Math.sqrt(scaled))));
    const isAtLeast = next === minLimit && this.#limit === minLimit;
    this.#windowsAtLeast = isAtLeast ? this.#windowsAtLeast + 1 : 0;
    if (next <= this.#limit || 2 * this.#mostInFlight >= this.#limit) this.#limit = next;
  }
}
