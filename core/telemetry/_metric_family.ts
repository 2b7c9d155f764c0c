import type { MetricFamily } from "./metric_sink.ts";

/** The label value of the one series that takes what exceeds the bound. */
const OVERFLOW = "other";

/** What {@linkcode Family} is made of. */
export interface FamilyOptions<Series> {
  readonly name: string;
  readonly labelNames: readonly string[];
  readonly maxSeries: number;
  readonly make: () => Series;
}

/** The series of one metric, found by their label values; bounded. */
export class Family<Series> implements MetricFamily<Series, string> {
  readonly #options: FamilyOptions<Series>;
  readonly #series = new Map<string, { labels: Record<string, string>; series: Series }>();

  constructor(options: FamilyOptions<Series>) {
    this.#options = options;
  }

  labels(values: Readonly<Record<string, string>>): Series {
    const { name, labelNames, maxSeries } = this.#options;
    let key = "";
    const labels: Record<string, string> = {};
    for (const label of labelNames) {
      const value = values[label];
      if (typeof value !== "string") {
        throw new TypeError(`Cannot find a series of "${name}": the label "${label}" has no value`);
      }
      labels[label] = value;
      // With its length before it, no value can be read as two.
      key += `${value.length}:${value}`;
    }
    const found = this.#series.get(key);
    if (found !== undefined) return found.series;
    if (this.#series.size < maxSeries) return this.#add(key, labels);
    // Label values that come from outside must not eat up the memory.
    for (const label of labelNames) labels[label] = OVERFLOW;
    return this.#series.get(OVERFLOW)?.series ?? this.#add(OVERFLOW, labels);
  }

  /** Each series with its labels. */
  entries(): Iterable<{ readonly labels: Record<string, string>; readonly series: Series }> {
    return this.#series.values();
  }

  #add(key: string, labels: Record<string, string>): Series {
    const series = this.#options.make();
    this.#series.set(key, { labels, series });
    return series;
  }
}
