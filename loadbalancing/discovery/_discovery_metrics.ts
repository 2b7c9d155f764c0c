import type { Counter, Gauge, MetricFamily, MetricSink } from "../../core/mod.ts";

/** How a try of a discovery came out. */
export type DiscoveryResult = "changed" | "unchanged" | "empty" | "refused" | "failed";

/** The metrics of one feed. */
export class DiscoveryMetrics {
  readonly #results: MetricFamily<Counter, "set" | "result">;
  readonly #stale: Gauge;
  readonly #backends: Gauge;
  readonly #set: string;

  constructor(sink: MetricSink, set: string) {
    const only = { labels: ["set"] } as const;
    this.#set = set;
    this.#results = sink.counter("pingo_discovery_results_total", "What discovery brought.", {
      labels: ["set", "result"],
    });
    this.#stale = sink.gauge(
      "pingo_discovery_stale",
      "1 while an old list of backends serves because discovery fails.",
      only,
    ).labels({ set });
    this.#backends = sink.gauge("pingo_discovery_backends", "Backends in the last good list.", only)
      .labels({ set });
    this.#stale.set(0);
  }

  good(result: DiscoveryResult, backends: number): void {
    this.#count(result);
    this.#stale.set(0);
    this.#backends.set(backends);
  }

  bad(result: DiscoveryResult): void {
    this.#count(result);
    this.#stale.set(1);
  }

  #count(result: DiscoveryResult): void {
    this.#results.labels({ set: this.#set, result }).add();
  }
}
