/** Options of {@linkcode OutlierPolicy}: those of Envoy's outlier detection, with its defaults. */
export interface OutlierOptions {
  /**
   * So many failures in a row, of any kind that counts, eject a backend.
   *
   * @default {5}
   */
  consecutive5xx?: number;
  /**
   * The chance in percent that this rule's finding ejects; 0 only tells of it.
   *
   * @default {100}
   */
  enforcingConsecutive5xx?: number;
  /**
   * So many answers in a row of 502, 503 or 504 (or local failures, unless these are split off) eject.
   *
   * @default {5}
   */
  consecutiveGatewayFailures?: number;
  /**
   * The chance in percent that this rule's finding ejects.
   *
   * @default {0}
   */
  enforcingConsecutiveGatewayFailures?: number;
  /**
   * Whether local failures (no connection, reset, timeout) are counted apart from the backend's answers, by
   * rules of their own. Without it they are one more kind of gateway failure.
   *
   * @default {false}
   */
  splitLocalFailures?: boolean;
  /**
   * So many local failures in a row eject, where they are counted apart.
   *
   * @default {5}
   */
  consecutiveLocalFailures?: number;
  /**
   * The chance in percent that this rule's finding ejects.
   *
   * @default {100}
   */
  enforcingConsecutiveLocalFailures?: number;
  /**
   * The success rate is compared only when so many backends have had enough requests.
   *
   * @default {5}
   */
  successRateMinHosts?: number;
  /**
   * So many requests in one interval are enough.
   *
   * @default {100}
   */
  successRateRequestVolume?: number;
  /**
   * A backend is an outlier below mean − factor × standard deviation; in thousandths, as in Envoy.
   *
   * @default {1900}
   */
  successRateStdevFactor?: number;
  /**
   * The chance in percent that this rule's finding ejects.
   *
   * @default {100}
   */
  enforcingSuccessRate?: number;
  /**
   * The same for the success rate of connecting, where local failures are counted apart.
   *
   * @default {100}
   */
  enforcingLocalSuccessRate?: number;
  /**
   * The pause between two sweeps, which compare success rates and let backends return.
   *
   * @default {10000}
   */
  intervalMs?: number;
  /**
   * How long the first ejection lasts; the n-th one in a row lasts n times as long.
   *
   * @default {30000}
   */
  baseEjectionMs?: number;
  /**
   * No ejection lasts longer than this, jitter aside.
   *
   * @default {300000, or baseEjectionMs where that is longer}
   */
  maxEjectionMs?: number;
  /**
   * Each ejection lasts up to so much longer, so that not all return at once.
   *
   * @default {0}
   */
  maxEjectionJitterMs?: number;
  /**
   * No more than this share of the backends is ejected, in percent.
   *
   * @default {10}
   */
  maxEjectionPercent?: number;
  /**
   * Whether one backend may be ejected however small its share is not; else ten are needed at 10 %.
   *
   * @default {true}
   */
  alwaysEjectOne?: boolean;
}

/**
 * Sets the defaults.
 *
 * @throws {RangeError} when a value makes no sense
 */
export function checkOutlierOptions(options: OutlierOptions): Required<OutlierOptions> {
  const { baseEjectionMs = 30_000 } = options;
  const checked: Required<OutlierOptions> = {
    consecutive5xx: 5,
    enforcingConsecutive5xx: 100,
    consecutiveGatewayFailures: 5,
    enforcingConsecutiveGatewayFailures: 0,
    splitLocalFailures: false,
    consecutiveLocalFailures: 5,
    enforcingConsecutiveLocalFailures: 100,
    successRateMinHosts: 5,
    successRateRequestVolume: 100,
    successRateStdevFactor: 1_900,
    enforcingSuccessRate: 100,
    enforcingLocalSuccessRate: 100,
    intervalMs: 10_000,
    baseEjectionMs,
    maxEjectionMs: Math.max(300_000, baseEjectionMs),
    maxEjectionJitterMs: 0,
    maxEjectionPercent: 10,
    alwaysEjectOne: true,
    ...withoutUndefined(options),
  };
  for (const [name, value] of Object.entries(checked)) {
    if (typeof value === "boolean") continue;
    const [isValid, range] = rangeOf(name, value);
    if (isValid) continue;
    throw new RangeError(`Cannot detect outliers: ${name} is ${value}, not ${range}`);
  }
  if (checked.maxEjectionMs < baseEjectionMs) {
    throw new RangeError(
      `Cannot detect outliers: maxEjectionMs ${checked.maxEjectionMs} is less than baseEjectionMs ${baseEjectionMs}`,
    );
  }
  return checked;
}

function rangeOf(name: string, value: number): [isValid: boolean, range: string] {
  if (name.startsWith("enforcing") || name.endsWith("Percent")) {
    return [value >= 0 && value <= 100, "from 0 to 100"];
  }
  if (name === "maxEjectionJitterMs" || name === "successRateStdevFactor") {
    return [value >= 0 && value < Infinity, "a finite number from 0 on"];
  }
  if (name.endsWith("Ms")) return [value > 0 && value < Infinity, "a time above 0"];
  return [Number.isInteger(value) && value >= 1, "a whole number from 1 on"];
}

/** An option that is set to undefined is one that was left out. */
function withoutUndefined(options: OutlierOptions): OutlierOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
