/** One metric as prom-client's `getMetricsAsJSON` gives it. */
export interface PromClientMetric {
  /** The name. */
  readonly name: string;
  /** What it tells. */
  readonly help: string;
  /** `counter`, `gauge`, `histogram` or `summary`. Its declared type is an enum that does not exist. */
  readonly type: unknown;
  /** The samples. */
  readonly values: readonly PromClientValue[];
}

/** One sample as prom-client gives it. */
export interface PromClientValue {
  /** The number. */
  readonly value: number;
  /** Its labels. */
  readonly labels: Readonly<Partial<Record<string, string | number>>>;
  /** The name where it is not the metric's, as with `_bucket`. */
  readonly metricName?: string;
}

/** The part of a prom-client `Registry` that is used, of whatever version of it. */
export interface PromClientRegistry {
  /** All metrics with their values. */
  getMetricsAsJSON(): Promise<readonly PromClientMetric[]>;
}
