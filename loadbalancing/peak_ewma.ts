import { type Clock, systemClock, systemRandom } from "../timeout/mod.ts";
import { WeightedDraw } from "./_weighted_draw.ts";
import type { Algorithm, Candidate, IsRefused, Observation, WeightOf } from "./algorithm.ts";
import type { RandomOptions } from "./weighted_random.ts";

/** Options of {@linkcode PeakEwma}. */
export interface PeakEwmaOptions extends RandomOptions {
  /**
   * The clock that latencies fade by.
   *
   * @default {systemClock}
   */
  clock?: Clock;
  /**
   * In this time what is remembered of a latency fades to 1/e, 37 %. The longer, the longer a server that was
   * slow once is left alone.
   *
   * @default {10000}
   */
  decayMs?: number;
  /**
   * What a failed attempt counts for, when it took less: a server that refuses at once is not a fast one.
   *
   * @default {1000}
   */
  failurePenaltyMs?: number;
}

/** What is known of a candidate. */
interface Cost {
  latencyMs: number;
  /** When that was. */
  at: number;
}

/** Finagle's: the load of one that has never answered and has something to do already. */
const UNKNOWN_LOAD = 2 ** 47;

/**
 * Peak EWMA (`ewma` in a configuration): two candidates are drawn by weight, the one with the smaller load is
 * taken, where load is the expected latency times the requests under way. The latency is a moving average
 * that jumps to a peak at once and fades with time, not with requests: so a server that was slow comes to be
 * probed again, and one probe that is slow still puts it back.
 *
 * Source: Twitter Finagle, `com.twitter.finagle.loadbalancer.PeakEwma`. Besides, failures count as slow
 * answers, and an attempt that nobody waited for counts when it was slower than expected.
 *
 * @template C the candidates, such as `Backend`
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PeakEwma } from "@pingo/pingo/loadbalancing";
 *
 * const [slow, fast] = [{ id: "slow", weight: 1, leases: 0 }, { id: "fast", weight: 1, leases: 0 }];
 * const ewma = new PeakEwma([slow, fast]);
 * ewma.observe(slow, { latencyMs: 800, result: "succeeded" });
 * ewma.observe(fast, { latencyMs: 20, result: "succeeded" });
 * assertEquals(ewma.pick()?.id, "fast");
 * ```
 */
export class PeakEwma<C extends Candidate = Candidate> implements Algorithm<C> {
  readonly #draw: WeightedDraw<C>;
  readonly #clock: Clock;
  readonly #decayMs: number;
  readonly #failurePenaltyMs: number;
  #costs: readonly Cost[] = [];
  /** Also of those that left: they may come back. */
  readonly #costOf = new WeakMap<C, Cost>();
  #meanWeight = 1;

  /**
   * A choice among these candidates.
   *
   * @throws {RangeError} when `decayMs` is not above 0 or `failurePenaltyMs` is negative
   */
  constructor(candidates: readonly C[] = [], options: PeakEwmaOptions = {}) {
    const {
      random = systemRandom,
      clock = systemClock,
      decayMs = 10_000,
      failurePenaltyMs = 1_000,
    } = options;
    if (!(decayMs > 0 && decayMs < Infinity)) {
      throw new RangeError(`Cannot make PeakEwma: decayMs ${decayMs} is not above 0`);
    }
    if (!(failurePenaltyMs >= 0 && failurePenaltyMs < Infinity)) {
      throw new RangeError(
        `Cannot make PeakEwma: failurePenaltyMs ${failurePenaltyMs} is not a duration`,
      );
    }
    this.#draw = new WeightedDraw(random);
    this.#clock = clock;
    this.#decayMs = decayMs;
    this.#failurePenaltyMs = failurePenaltyMs;
    this.update(candidates);
  }

  /** Takes the candidates; what is known of those that stay, or come back, is kept. */
  update(candidates: readonly C[], weightOf?: WeightOf<C>): void {
    this.#draw.update(candidates, weightOf);
    this.#costs = candidates.map((candidate) => this.#cost(candidate));
    const total = this.#draw.weights.reduce((sum, weight) => sum + weight, 0);
    this.#meanWeight = total / Math.max(1, candidates.length);
  }

  /** Draws two and takes the one with the smaller load. */
  pick(_key: string | null = null, isRefused: IsRefused<C> | null = null): C | null {
    const { candidates } = this.#draw;
    const one = this.#draw.draw(isRefused, -1);
    if (one === -1) return null;
    const other = this.#draw.draw(isRefused, one);
    if (other === -1) return candidates[one];
    const now = this.#clock.now();
    return candidates[this.#load(other, now) < this.#load(one, now) ? other : one];
  }

  /** Learns from an attempt. */
  observe(candidate: C, { latencyMs, result }: Observation): void {
    const cost = this.#cost(candidate);
    const now = this.#clock.now();
    const weight = this.#weightAfter(now - cost.at);
    const seen = result === "failed" ? Math.max(latencyMs, this.#failurePenaltyMs) : latencyMs;
    if (result === "aborted" && seen <= cost.latencyMs * weight) return;
    // A peak counts at once, what is better only with time.
    cost.latencyMs = seen > cost.latencyMs ? seen : cost.latencyMs * weight + seen * (1 - weight);
    cost.at = now;
  }

  /** The latency that is expected of a candidate now, in milliseconds; 0 when nothing is known. */
  latencyOf(candidate: C): number {
    const cost = this.#cost(candidate);
    return cost.latencyMs * this.#weightAfter(this.#clock.now() - cost.at);
  }

  #load(i: number, now: number): number {
    const { leases } = this.#draw.candidates[i];
    const cost = this.#costs[i];
    if (cost.latencyMs > 0) {
      // A look counts as a request that took no time: that is how the latency fades.
      cost.latencyMs *= this.#weightAfter(now - cost.at);
      cost.at = now;
    } else if (leases > 0) {
      return UNKNOWN_LOAD + leases;
    }
    return cost.latencyMs * (leases * this.#meanWeight / this.#draw.weights[i] + 1);
  }

  /** What is left of a latency after this time. */
  #weightAfter(ms: number): number {
    return Math.exp(-Math.max(0, ms) / this.#decayMs);
  }

  #cost(candidate: C): Cost {
    let cost = this.#costOf.get(candidate);
    if (cost === undefined) {
      cost = { latencyMs: 0, at: this.#clock.now() };
      this.#costOf.set(candidate, cost);
    }
    return cost;
  }
}
