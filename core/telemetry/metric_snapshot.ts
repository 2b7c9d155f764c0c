/** One series of a counter or a gauge. */
export interface NumberSeries {
  /** The label values. */
  readonly labels: Readonly<Record<string, string>>;
  /** The number. */
  readonly value: number;
}

/** One series of a histogram. */
export interface HistogramSeries {
  /** The label values. */
  readonly labels: Readonly<Record<string, string>>;
  /** How many values lie at or below each bound, in the order of `bounds`. */
  readonly cumulative: readonly number[];
  /** The sum of all values. */
  readonly sum: number;
  /** How many values there are. */
  readonly count: number;
}

/** A counter or a gauge as it stands. */
export interface NumberSnapshot {
  /** What it is. */
  readonly kind: "counter" | "gauge";
  /** The name. */
  readonly name: string;
  /** What it tells. */
  readonly help: string;
  /** Its series. */
  readonly series: readonly NumberSeries[];
}

/** A histogram as it stands. */
export interface HistogramSnapshot {
  /** What it is. */
  readonly kind: "histogram";
  /** The name. */
  readonly name: string;
  /** What it tells. */
  readonly help: string;
  /** The upper bounds of its buckets, without infinity. */
  readonly bounds: readonly number[];
  /** Its series. */
  readonly series: readonly HistogramSeries[];
}

/** One metric as it stands. */
export type MetricSnapshot = NumberSnapshot | HistogramSnapshot;

/** What metrics can be read from: the port of an exposition such as `prometheusHandler`. */
export interface MetricSource {
  /** All metrics as they stand. */
  snapshot(): MetricSnapshot[];
}
