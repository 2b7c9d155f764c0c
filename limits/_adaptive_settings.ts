import type { AdaptiveConcurrencyOptions } from "./adaptive_concurrency_options.ts";

/** The options of an adaptive gate with their defaults, in their ranges. */
export class AdaptiveSettings {
  readonly minLimit: number;
  readonly maxLimit: number;
  readonly initialLimit: number;
  readonly windowMs: number;
  readonly percentile: number;
  readonly tolerance: number;
  readonly probeIntervalMs: number;
  readonly probeJitter: number;
  readonly probeCalls: number;

  /** @throws {RangeError} if a number is out of its range */
  constructor(options: AdaptiveConcurrencyOptions) {
    this.minLimit = options.minLimit ?? 3;
    this.maxLimit = options.maxLimit ?? 1_000;
    this.initialLimit = options.initialLimit ?? this.minLimit;
    this.windowMs = options.windowMs ?? 100;
    this.percentile = options.percentile ?? 0.5;
    this.tolerance = options.tolerance ?? 0.25;
    this.probeIntervalMs = options.probeIntervalMs ?? 60_000;
    this.probeJitter = options.probeJitter ?? 0.15;
    this.probeCalls = options.probeCalls ?? 50;
    this.#check("minLimit", isWhole(this.minLimit), "a whole number from 1 on");
    this.#check(
      "maxLimit",
      isWhole(this.maxLimit) && this.maxLimit >= this.minLimit,
      "a whole number from minLimit on",
    );
    this.#check(
      "initialLimit",
      isWhole(this.initialLimit) && this.initialLimit >= this.minLimit &&
        this.initialLimit <= this.maxLimit,
      "a whole number from minLimit to maxLimit",
    );
    this.#check("windowMs", isFinitePositive(this.windowMs), "a finite number above 0");
    this.#check("percentile", this.percentile >= 0 && this.percentile <= 1, "from 0 to 1");
    this.#check("tolerance", isFiniteShare(this.tolerance), "a finite number from 0 on");
    this.#check("probeIntervalMs", this.probeIntervalMs > 0, "above 0");
    this.#check("probeJitter", isFiniteShare(this.probeJitter), "a finite number from 0 on");
    this.#check("probeCalls", isWhole(this.probeCalls), "a whole number from 1 on");
  }

  #check(name: Exclude<keyof AdaptiveSettings, symbol>, isGood: boolean, range: string): void {
    if (isGood) return;
    throw new RangeError(
      `Cannot create AdaptiveConcurrency: ${name} ${this[name]} is not ${range}`,
    );
  }
}

function isWhole(n: number): boolean {
  return Number.isInteger(n) && n >= 1;
}

function isFinitePositive(n: number): boolean {
  return n > 0 && n < Infinity;
}

function isFiniteShare(n: number): boolean {
  return n >= 0 && n < Infinity;
}
