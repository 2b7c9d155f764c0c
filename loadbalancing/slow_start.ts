/** Options of {@linkcode slowStartFactor}, and of a balancer's slow start. */
export interface SlowStartOptions {
  /** How long it takes until a backend that was added or has recovered gets its whole weight. */
  windowMs: number;
  /**
   * How the weight grows: with 1 evenly, above 1 faster at the beginning, below 1 slower; above 0.
   *
   * @default {1}
   */
  aggression?: number;
  /**
   * The part of its weight that it begins with; above 0, at most 1.
   *
   * @default {0.1}
   */
  minWeight?: number;
}

/** The options, whole. */
export type SlowStartSettings = Readonly<Required<SlowStartOptions>>;

/**
 * Checks the options and fills in what is left out.
 *
 * @throws {RangeError} when one is out of its range
 */
export function slowStartSettings(options: SlowStartOptions): SlowStartSettings {
  const { windowMs, aggression = 1, minWeight = 0.1 } = options;
  if (!(windowMs > 0 && windowMs < Infinity)) {
    throw new RangeError(`Cannot start slowly: windowMs ${windowMs} is not above 0`);
  }
  if (!(aggression > 0 && aggression < Infinity)) {
    throw new RangeError(`Cannot start slowly: aggression ${aggression} is not above 0`);
  }
  if (!(minWeight > 0 && minWeight <= 1)) {
    throw new RangeError(
      `Cannot start slowly: minWeight ${minWeight} is not above 0 and at most 1`,
    );
  }
  return { windowMs, aggression, minWeight };
}

/**
 * The part of its weight that a backend has some time after it came.
 *
 * Source: Envoy's slow start, `max(minWeight, (elapsed / window) ^ (1 / aggression))`.
 *
 * @throws {RangeError} when an option is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { slowStartFactor } from "@pingo/pingo/loadbalancing";
 *
 * const options = { windowMs: 10_000 };
 * assertEquals([0, 5_000, 20_000].map((ms) => slowStartFactor(ms, options)), [0.1, 0.5, 1]);
 * ```
 */
export function slowStartFactor(elapsedMs: number, options: SlowStartOptions): number {
  const { windowMs, aggression, minWeight } = slowStartSettings(options);
  if (elapsedMs >= windowMs) return 1;
  return Math.max(minWeight, (Math.max(0, elapsedMs) / windowMs) ** (1 / aggression));
}
