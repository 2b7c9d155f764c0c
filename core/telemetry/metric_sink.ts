/** A number that only grows. */
export interface Counter {
  /**
   * Adds to it.
   *
   * @param amount 1 when left out
   * @throws {RangeError} when the amount is negative or not a number
   */
  add(amount?: number): void;
}

/** A number that goes up and down. */
export interface Gauge {
  /** Sets it. */
  set(value: number): void;
  /** Adds to it; a negative amount takes away. */
  add(amount: number): void;
}

/** Counts values by size, so that quantiles can be told later. */
export interface Histogram {
  /**
   * Counts one value.
   *
   * @throws {RangeError} when the value is not a number
   */
  observe(value: number): void;
}

/** All series of one metric: one for each combination of label values. */
export interface MetricFamily<Series, Label extends string = never> {
  /**
   * The series with these label values; the same one at every call. It is looked up by text: keep what
   * comes back where it is used often.
   */
  labels(values: Readonly<Record<Label, string>>): Series;
}

/** Options of {@linkcode MetricSink.counter} and {@linkcode MetricSink.gauge}. */
export interface MetricOptions<Label extends string = never> {
  /**
   * The names of its labels.
   *
   * @default {[]}
   */
  labels?: readonly Label[];
}

/** Options of {@linkcode MetricSink.histogram}. */
export interface HistogramOptions<Label extends string = never> extends MetricOptions<Label> {
  /**
   * The upper bounds of the buckets, rising; the last one, infinity, is implied.
   *
   * @default {DURATION_BUCKETS}
   */
  buckets?: readonly number[];
}

/**
 * Where metrics are written to: the port that the rest of the toolkit takes. `MetricRegistry` is the one
 * that Prometheus reads; another could feed OpenTelemetry.
 *
 * Asking twice for one name gives the same metric, so that two services can share a sink.
 */
export interface MetricSink {
  /** A counter; its name ends in `_total`. */
  counter<Label extends string = never>(
    name: string,
    help: string,
    options?: MetricOptions<Label>,
  ): MetricFamily<Counter, Label>;
  /** A gauge. */
  gauge<Label extends string = never>(
    name: string,
    help: string,
    options?: MetricOptions<Label>,
  ): MetricFamily<Gauge, Label>;
  /** A histogram. */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    options?: HistogramOptions<Label>,
  ): MetricFamily<Histogram, Label>;
  /**
   * Calls `fn` whenever the metrics are about to be read: there what somebody else knows is set or added,
   * such as the size of a pool.
   *
   * @returns a function that takes it back
   */
  onCollect(fn: () => void): () => void;
}

/**
 * Bounds for durations in seconds: those of the Prometheus client libraries, with three below, because a
 * proxy's own share of a request is less than 5 ms.
 */
export const DURATION_BUCKETS: readonly number[] = /* @__PURE__ */ Object.freeze([
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
]);
