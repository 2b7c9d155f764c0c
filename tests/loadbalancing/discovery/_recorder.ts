import { type LogFields, type Logger, MetricRegistry } from "../../../core/mod.ts";
import { BackendSet, type Discovery, DiscoveryFeed } from "../../../loadbalancing/mod.ts";
import type { Clock } from "../../../timeout/mod.ts";

/** A set that a discovery feeds, and all that is told of it. */
export class Recorder implements AsyncDisposable {
  readonly set = new BackendSet();
  readonly lines: string[] = [];
  readonly metrics = new MetricRegistry();
  readonly feed: DiscoveryFeed;
  #waiting: { readonly is: () => boolean; readonly resolve: () => void }[] = [];

  constructor(discovery: Discovery, options: { acceptEmpty?: boolean; clock?: Clock } = {}) {
    const at = (level: string) => (message: string, fields: LogFields = {}): void => {
      const { total, problem } = fields;
      const rest = total === undefined
        ? problem ?? ""
        : `${total} +${fields.added} -${fields.removed}`;
      this.lines.push(`${level} ${message} ${rest}`.trim());
      this.#check();
    };
    const logger: Logger = {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
    };
    this.feed = new DiscoveryFeed(this.set, discovery, {
      logger,
      metrics: this.metrics,
      name: "app",
      ...options,
    });
    this.set.onChange(() => this.#check());
  }

  /** The ids, in order. */
  get ids(): string[] {
    return this.set.backends.map(({ id }) => id);
  }

  /** How often each result was counted. */
  results(): Record<string, number> {
    const [counter] = this.metrics.snapshot().filter(({ kind }) => kind === "counter");
    if (counter.kind === "histogram") throw new Error("not a histogram");
    return Object.fromEntries(counter.series.map(({ labels, value }) => [labels.result, value]));
  }

  /** The value of a gauge. */
  gauge(name: "stale" | "backends"): number | undefined {
    const metric = this.metrics.snapshot().find((each) => each.name === `pingo_discovery_${name}`);
    return metric?.kind === "gauge" ? metric.series[0]?.value : undefined;
  }

  /** Waits until the set holds exactly these. */
  holds(...ids: string[]): Promise<void> {
    const wanted = ids.sort().join(" ");
    return this.#until(() => this.ids.sort().join(" ") === wanted);
  }

  /** Waits for a line from here on that begins so; looks at those of before too with `from` 0. */
  says(start: string, from = this.lines.length): Promise<void> {
    return this.#until(() => this.lines.slice(from).some((line) => line.startsWith(start)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.feed.stop();
  }

  #until(is: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ is, resolve });
      this.#check();
    });
  }

  #check(): void {
    const done = this.#waiting.filter(({ is }) => is());
    this.#waiting = this.#waiting.filter((each) => !done.includes(each));
    for (const { resolve } of done) resolve();
  }
}
