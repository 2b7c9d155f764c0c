import { Family } from "./_metric_family.ts";
import { BucketSeries, CounterSeries, GaugeSeries } from "./_metric_series.ts";
import {
  type Counter,
  DURATION_BUCKETS,
  type Gauge,
  type Histogram,
  type HistogramOptions,
  type MetricFamily,
  type MetricOptions,
  type MetricSink,
} from "./metric_sink.ts";
import type { MetricSnapshot, MetricSource, NumberSnapshot } from "./metric_snapshot.ts";

/** Options of {@linkcode MetricRegistry}. */
export interface MetricRegistryOptions {
  /**
   * How many series a metric may have. Further label values are counted together, in one series whose
   * labels are all `other`.
   *
   * @default {10000}
   */
  maxSeries?: number;
}

interface Entry {
  /** All that two registrations under one name must agree in. */
  readonly signature: string;
  readonly family: Family<unknown>;
  readonly snapshot: () => MetricSnapshot;
}

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^(?!__)(?!(?:le|quantile)$)[a-zA-Z_][a-zA-Z0-9_]*$/;

/**
 * Metrics in memory: written through {@linkcode MetricSink}, read as a snapshot.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { MetricRegistry } from "@pingo/pingo/core";
 *
 * const registry = new MetricRegistry();
 * const jobs = registry.counter("jobs_total", "Jobs done.", { labels: ["queue"] });
 * const mails = jobs.labels({ queue: "mail" });
 * mails.add();
 * mails.add(2);
 * assertEquals(registry.snapshot(), [{
 *   kind: "counter",
 *   name: "jobs_total",
 *   help: "Jobs done.",
 *   series: [{ labels: { queue: "mail" }, value: 3 }],
 * }]);
 * ```
 */
export class MetricRegistry implements MetricSink, MetricSource {
  readonly #maxSeries: number;
  readonly #entries = new Map<string, Entry>();
  readonly #collectors = new Set<() => void>();

  /**
   * An empty registry.
   *
   * @throws {RangeError} when `maxSeries` is not a whole number from 1 on
   */
  constructor(options: MetricRegistryOptions = {}) {
    const { maxSeries = 10_000 } = options;
    if (!Number.isInteger(maxSeries) || maxSeries < 1) {
      throw new RangeError(
        `Cannot make a registry: maxSeries ${maxSeries} is not a whole number from 1 on`,
      );
    }
    this.#maxSeries = maxSeries;
  }

  /**
   * A counter; the same one when it exists.
   *
   * @throws {TypeError} when a name is malformed, does not end in `_total` (Prometheus and OpenMetrics
   *   would name it differently else), or is taken by a metric of another shape
   */
  counter<Label extends string = never>(
    name: string,
    help: string,
    options: MetricOptions<Label> = {},
  ): MetricFamily<Counter, Label> {
    if (!name.endsWith("_total")) {
      throw new TypeError(`Cannot register the counter "${name}": it does not end in _total`);
    }
    return this.#number("counter", () => new CounterSeries(), { name, help, ...options });
  }

  /**
   * A gauge; the same one when it exists.
   *
   * @throws {TypeError} when a name is malformed or taken by a metric of another shape
   */
  gauge<Label extends string = never>(
    name: string,
    help: string,
    options: MetricOptions<Label> = {},
  ): MetricFamily<Gauge, Label> {
    return this.#number("gauge", () => new GaugeSeries(), { name, help, ...options });
  }

  /**
   * A histogram; the same one when it exists.
   *
   * @throws {TypeError} when a name is malformed or taken by a metric of another shape
   * @throws {RangeError} when there is no bucket, or their bounds are not finite or do not rise
   */
  histogram<Label extends string = never>(
    name: string,
    help: string,
    options: HistogramOptions<Label> = {},
  ): MetricFamily<Histogram, Label> {
    const { labels = [], buckets = DURATION_BUCKETS } = options;
    const bounds = Object.freeze([...buckets]);
    checkBounds(name, bounds);
    const family = this.#family(name, labels, () => new BucketSeries(bounds));
    return this.#register(`histogram ${bounds}`, name, labels, family, () => ({
      kind: "histogram",
      name,
      help,
      bounds,
      series: Array.from(family.entries(), ({ labels, series }) => ({
        labels: { ...labels },
        cumulative: series.cumulative(),
        sum: series.sum,
        count: series.count,
      })),
    }));
  }

  /**
   * Calls `fn` before each snapshot; see {@linkcode MetricSink.onCollect}.
   *
   * @returns a function that takes it back
   */
  onCollect(fn: () => void): () => void {
    this.#collectors.add(fn);
    return () => void this.#collectors.delete(fn);
  }

  /** All metrics as they stand, in the order in which they were registered. */
  snapshot(): MetricSnapshot[] {
    for (const collect of this.#collectors) collect();
    return Array.from(this.#entries.values(), (entry) => entry.snapshot());
  }

  #number<Series extends { readonly value: number }>(
    kind: NumberSnapshot["kind"],
    make: () => Series,
    { name, help, labels = [] }: { name: string; help: string; labels?: readonly string[] },
  ): Family<Series> {
    const family = this.#family(name, labels, make);
    return this.#register(kind, name, labels, family, () => ({
      kind,
      name,
      help,
      series: Array.from(family.entries(), ({ labels, series }) => ({
        labels: { ...labels },
        value: series.value,
      })),
    }));
  }

  #family<Series>(name: string, labelNames: readonly string[], make: () => Series): Family<Series> {
    if (!METRIC_NAME.test(name)) {
      throw new TypeError(`Cannot register the metric ${JSON.stringify(name)}: no valid name`);
    }
    for (const label of labelNames) {
      if (!LABEL_NAME.test(label)) {
        throw new TypeError(
          `Cannot register the metric "${name}": ${JSON.stringify(label)} is no valid label`,
        );
      }
    }
    return new Family({ name, labelNames: [...labelNames], maxSeries: this.#maxSeries, make });
  }

  #register<Series>(
    shape: string,
    name: string,
    labels: readonly string[],
    family: Family<Series>,
    snapshot: () => MetricSnapshot,
  ): Family<Series> {
    const signature = `${shape} {${labels}}`;
    const taken = this.#entries.get(name);
    if (taken === undefined) {
      this.#entries.set(name, { signature, family, snapshot });
      return family;
    }
    if (taken.signature !== signature) {
      throw new TypeError(
        `Cannot register the metric "${name}" as ${signature}: it exists as ${taken.signature}`,
      );
    }
    // The signature begins with the kind, which decides the class of the series.
    return taken.family as Family<Series>;
  }
}

function checkBounds(name: string, bounds: readonly number[]): void {
  const rises = bounds.every((bound, i) =>
    Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1])
  );
  if (bounds.length === 0 || !rises) {
    throw new RangeError(
      `Cannot register the histogram "${name}": its buckets are not finite, rising numbers`,
    );
  }
}
