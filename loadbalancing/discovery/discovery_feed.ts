import type { Logger, MetricSink } from "../../core/mod.ts";
import { type Clock, systemClock } from "../../timeout/mod.ts";
import type { BackendOptions } from "../backend_options.ts";
import type { Discovery } from "./discovery.ts";
import { DiscoveryMetrics } from "./_discovery_metrics.ts";

/** What a discovery feeds; a `BackendSet` is one. */
export interface FedSet {
  /** The backends as they are now. */
  readonly backends: readonly { readonly id: string }[];
  /** Swaps the list; throws, and changes nothing, when it is no good. */
  update(next: readonly BackendOptions[]): void;
}

/** Options of {@linkcode DiscoveryFeed}. */
export interface DiscoveryFeedOptions {
  /**
   * Whether an empty list is taken for true. Without it, it is a failure of the source, and the last good list
   * stays.
   *
   * @default {false}
   */
  acceptEmpty?: boolean;
  /**
   * The value of the label `set` in metrics, and of the field in logs.
   *
   * @default {""}
   */
  name?: string;
  /** Is told of changes and failures. */
  logger?: Logger;
  /**
   * Gets `pingo_discovery_results_total` (set, result: `changed`, `unchanged`, `empty`, `refused`, `failed`),
   * `pingo_discovery_stale` (set; 1 while an old list serves) and `pingo_discovery_backends` (set).
   */
  metrics?: MetricSink;
  /** The clock of the snapshot. */
  clock?: Clock;
}

/** What {@linkcode DiscoveryFeed.snapshot} tells. */
export interface DiscoverySnapshot {
  /** The source. */
  readonly source: string;
  /** How many backends the last good list has; 0 before the first. */
  readonly backends: number;
  /** When the last good list came, in milliseconds since 1970; null before the first. */
  readonly goodAt: number | null;
  /** Why the last list is not a new one; null while all is well. */
  readonly problem: string | null;
}

type BadResult = "empty" | "refused" | "failed";

/**
 * Feeds what a discovery finds into a set of backends. Whatever goes wrong, the last good list stays: a source
 * that fails, an empty list, one with a backend that makes no sense. Each new problem, and its end, is told
 * once to the logger, each result counted.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BackendSet, DiscoveryFeed, iterableDiscovery } from "@pingo/pingo/loadbalancing";
 *
 * const set = new BackendSet();
 * async function* lists() {
 *   yield ["10.0.0.1:80"];
 *   yield [];
 * }
 * await using feed = new DiscoveryFeed(set, iterableDiscovery(lists));
 * feed.start();
 * await feed.whenEnded();
 * assertEquals(set.backends.length, 1);
 * assertEquals(feed.snapshot().problem, "the list is empty");
 * ```
 */
export class DiscoveryFeed implements AsyncDisposable {
  readonly #set: FedSet;
  readonly #discovery: Discovery;
  readonly #acceptEmpty: boolean;
  readonly #name: string;
  readonly #logger: Logger | undefined;
  readonly #metrics: DiscoveryMetrics | undefined;
  readonly #clock: Clock;
  #found = Promise.withResolvers<void>();
  #stop: AbortController | null = null;
  #ended: Promise<void> = Promise.resolve();
  /** The last good list, as text. */
  #good: string | null = null;
  #count = 0;
  #goodAt: number | null = null;
  #problem: string | null = null;

  /** A feed that is stopped. */
  constructor(set: FedSet, discovery: Discovery, options: DiscoveryFeedOptions = {}) {
    const { acceptEmpty = false, name = "", logger, metrics, clock = systemClock } = options;
    this.#set = set;
    this.#discovery = discovery;
    this.#acceptEmpty = acceptEmpty;
    this.#name = name;
    this.#logger = logger;
    this.#metrics = metrics && new DiscoveryMetrics(metrics, name);
    this.#clock = clock;
  }

  /** Begins; does nothing when it has begun. */
  start(): void {
    if (this.#stop !== null) return;
    const stop = this.#stop = new AbortController();
    this.#ended = this.#run(stop.signal);
  }

  /** Ends it; the backends stay. Settles when the source has ended. */
  async stop(): Promise<void> {
    this.#stop?.abort(new Error("Cannot go on with discovery: it is stopped"));
    this.#stop = null;
    await this.#ended;
  }

  /** Settles when the first good list is in the set; never, when none comes. */
  whenFound(): Promise<void> {
    return this.#found.promise;
  }

  /** Settles when the source has ended: stopped, or sure that nothing will change. */
  whenEnded(): Promise<void> {
    return this.#ended;
  }

  /** How the source stands, for the admin interface. */
  snapshot(): DiscoverySnapshot {
    return {
      source: this.#discovery.source,
      backends: this.#count,
      goodAt: this.#goodAt,
      problem: this.#problem,
    };
  }

  /** The same as {@linkcode DiscoveryFeed.stop}. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #run(signal: AbortSignal): Promise<void> {
    const sink = {
      update: (backends: readonly BackendOptions[], problem: unknown = null): void => {
        if (!signal.aborted) this.#update(backends, problem);
      },
      fail: (error: unknown): void => {
        if (!signal.aborted) this.#fail("failed", messageOf(error));
      },
    };
    try {
      await this.#discovery.run(sink, { signal });
    } catch (error) {
      if (signal.aborted) return;
      this.#fail("failed", messageOf(error));
      this.#logger?.error("discovery has ended with an error", { ...this.#fields(), error });
    }
  }

  #update(backends: readonly BackendOptions[], problem: unknown): void {
    if (backends.length === 0 && (!this.#acceptEmpty || problem !== null)) {
      if (problem !== null) return this.#fail("failed", messageOf(problem));
      return this.#fail("empty", "the list is empty");
    }
    const text = JSON.stringify(backends);
    const isNew = text !== this.#good;
    const before = new Set(this.#set.backends.map(({ id }) => id));
    try {
      if (isNew) this.#set.update(backends);
    } catch (error) {
      return this.#fail("refused", messageOf(error));
    }
    this.#good = text;
    this.#count = backends.length;
    this.#goodAt = this.#clock.epoch();
    this.#metrics?.good(isNew ? "changed" : "unchanged", backends.length);
    if (isNew) this.#tellChange(before);
    this.#found.resolve();
    if (problem !== null) return this.#fail("failed", messageOf(problem));
    if (this.#problem !== null) this.#logger?.info("discovery works again", this.#fields());
    this.#problem = null;
  }

  #tellChange(before: ReadonlySet<string>): void {
    const after = this.#set.backends;
    const added = after.filter(({ id }) => !before.has(id)).length;
    const removed = before.size - (after.length - added);
    const counts = { total: after.length, added, removed };
    this.#logger?.info("backends discovered", { ...this.#fields(), ...counts });
  }

  #fail(result: BadResult, problem: string): void {
    this.#metrics?.bad(result);
    // A source that stays broken says the same again and again.
    if (problem === this.#problem) return;
    this.#problem = problem;
    const fields = { ...this.#fields(), problem };
    if (this.#good === null) {
      this.#logger?.warn("discovery failed, it has found nothing yet", fields);
    } else this.#logger?.warn("discovery failed, the last good backends stay", fields);
  }

  #fields(): { readonly set: string; readonly source: string } {
    return { set: this.#name, source: this.#discovery.source };
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
