import { type Clock, sleep, systemClock } from "../../timeout/mod.ts";
import type { BackendOptions } from "../backend_options.ts";
import type { Discovery, DiscoveryContext, DiscoverySink } from "./discovery.ts";

/** Lists of backends, each one whole, over time. */
export type BackendLists = AsyncIterable<readonly (string | BackendOptions)[]>;

/** Options of {@linkcode iterableDiscovery}. */
export interface IterableDiscoveryOptions {
  /**
   * Names the source in logs.
   *
   * @default {"iterable"}
   */
  source?: string;
  /**
   * The pause before the function is called again after a failure.
   *
   * @default {2000}
   */
  retryMs?: number;
  /** The clock of that pause. */
  clock?: Clock;
}

/**
 * An own source of backends, such as an API that is asked now and then: an async iterable, or a function that
 * gives one. The function is called again when what it gave has thrown; an iterable that throws has ended.
 *
 * @param lists the iterable, or a function that gives one and gets the signal that ends it
 * @throws {RangeError} when `retryMs` is not a time above 0
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BackendSet, DiscoveryFeed, iterableDiscovery } from "@pingo/pingo/loadbalancing";
 *
 * async function* scaled() {
 *   yield ["10.0.0.1:80"];
 *   await Promise.resolve(); // A program would wait for news here.
 *   yield ["10.0.0.1:80", { peer: "10.0.0.2:80", weight: 2 }];
 * }
 * const set = new BackendSet();
 * await using feed = new DiscoveryFeed(set, iterableDiscovery(scaled));
 * feed.start();
 * await feed.whenEnded();
 * assertEquals(set.backends.map(({ weight }) => weight), [1, 2]);
 * ```
 */
export function iterableDiscovery(
  lists: BackendLists | ((signal: AbortSignal) => BackendLists),
  options: IterableDiscoveryOptions = {},
): Discovery {
  const { source = "iterable", retryMs = 2_000, clock = systemClock } = options;
  if (!(retryMs > 0 && retryMs < Infinity)) {
    throw new RangeError(`Cannot discover backends: retryMs is ${retryMs}, not a time above 0`);
  }
  return {
    source,
    async run(sink, { signal }) {
      if (typeof lists !== "function") return await readLists(lists, sink, { signal });
      while (!signal.aborted) {
        try {
          return await readLists(lists(signal), sink, { signal });
        } catch (error) {
          if (signal.aborted) return;
          sink.fail(error);
        }
        await sleep(retryMs, { clock, signal }).catch(() => {});
      }
    },
  };
}

/** Reads to the end, or until the signal fires: an iterable that waits does not hold it up. */
async function readLists(
  lists: BackendLists,
  sink: DiscoverySink,
  { signal }: DiscoveryContext,
): Promise<void> {
  if (signal.aborted) return;
  const iterator = lists[Symbol.asyncIterator]();
  const { promise: aborted, resolve } = Promise.withResolvers<null>();
  const onAbort = (): void => resolve(null);
  signal.addEventListener("abort", onAbort);
  let isOpen = true;
  try {
    while (true) {
      // What throws here has ended.
      isOpen = false;
      const next = await Promise.race([iterator.next(), aborted]);
      isOpen = next === null || !next.done;
      if (next === null || next.done) break;
      sink.update(next.value.map((each) => typeof each === "string" ? { peer: each } : each));
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not waited for: a generator that waits ends only when its wait does.
    if (isOpen) Promise.resolve(iterator.return?.()).catch(() => {});
  }
}
