import { type Clock, sleep, systemClock } from "../../timeout/mod.ts";
import type { BackendOptions } from "../backend_options.ts";
import type { Discovery, DiscoverySink } from "./discovery.ts";
import { type FileAccess, systemFileAccess } from "./file_access.ts";
import { type BackendListFormat, parseBackendList } from "./parse_backend_list.ts";

/** Options of {@linkcode fileDiscovery}. */
export interface FileDiscoveryOptions {
  /**
   * How the file is written.
   *
   * @default {"json" where its name ends in .json, else "yaml"}
   */
  format?: BackendListFormat;
  /**
   * It is read so often even if nobody tells of a change, as with a network file system.
   *
   * @default {5000}
   */
  pollMs?: number;
  /**
   * A new text counts only when it is the same after so long: who reads while it is being written gets half of it.
   *
   * @default {100}
   */
  settleMs?: number;
  /**
   * A larger file is refused.
   *
   * @default {1048576}
   */
  maxBytes?: number;
  /** The file system. */
  files?: FileAccess;
  /** The clock of the pauses. */
  clock?: Clock;
}

/**
 * Backends by a file, which is read again when it changes; {@linkcode parseBackendList} has its form. It may be
 * replaced by a rename or written in place. Needs `--allow-read` for the file and its folder.
 *
 * @throws {TypeError} when the path is empty, or the format unknown
 * @throws {RangeError} when an option makes no sense
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BackendSet, DiscoveryFeed, fileDiscovery } from "@pingo/pingo/loadbalancing";
 *
 * const path = await Deno.makeTempFile({ suffix: ".yaml" });
 * await Deno.writeTextFile(path, "backends: [10.0.0.1:80, 10.0.0.2:80]\n");
 * const set = new BackendSet();
 * {
 *   await using feed = new DiscoveryFeed(set, fileDiscovery(path));
 *   feed.start();
 *   await feed.whenFound();
 * }
 * assertEquals(set.backends.length, 2);
 * await Deno.remove(path);
 * ```
 */
export function fileDiscovery(path: string, options: FileDiscoveryOptions = {}): Discovery {
  const settings = {
    format: options.format ?? (/\.json$/i.test(path) ? "json" as const : "yaml" as const),
    pollMs: options.pollMs ?? 5_000,
    settleMs: options.settleMs ?? 100,
    maxBytes: options.maxBytes ?? 1_048_576,
    files: options.files ?? systemFileAccess,
    clock: options.clock ?? systemClock,
  };
  if (path === "") throw new TypeError("Cannot discover backends: the path is empty");
  if (settings.format !== "json" && settings.format !== "yaml") {
    throw new TypeError(`Cannot discover backends: the format "${settings.format}" is unknown`);
  }
  const { pollMs, settleMs, maxBytes } = settings;
  for (const [name, value] of Object.entries({ pollMs, settleMs, maxBytes })) {
    if (value > 0 && value < Infinity) continue;
    throw new RangeError(`Cannot discover backends: ${name} is ${value}, not a number above 0`);
  }
  return {
    source: `file ${path}`,
    run: (sink, { signal }) => new WatchedFile(path, settings, sink).run(signal),
  };
}

/** A file that is read whenever it may have changed. */
class WatchedFile {
  readonly #path: string;
  readonly #settings: Required<FileDiscoveryOptions>;
  readonly #sink: DiscoverySink;
  /** The last text that was looked at, and what it held; null when it was no good. */
  #text: string | null = null;
  #backends: readonly BackendOptions[] | null = null;
  #wake: () => void = () => {};
  #hasEvent = false;

  constructor(path: string, settings: Required<FileDiscoveryOptions>, sink: DiscoverySink) {
    this.#path = path;
    this.#settings = settings;
    this.#sink = sink;
  }

  async run(signal: AbortSignal): Promise<void> {
    let unwatch: (() => void) | null = null;
    try {
      while (!signal.aborted) {
        // Before the read, so that no change falls between the two; a folder may come later.
        unwatch ??= this.#watch();
        await this.#look(signal);
        await this.#wait(signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      unwatch?.();
    }
  }

  #watch(): (() => void) | null {
    try {
      return this.#settings.files.watch(this.#path, () => {
        this.#hasEvent = true;
        this.#wake();
      });
    } catch {
      // The read that follows fails too, and says so; where only watching fails, polling is enough.
      return null;
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    this.#hasEvent = false;
    try {
      const text = await this.#settled(signal);
      if (text !== this.#text) {
        this.#text = text;
        this.#backends = null;
        this.#backends = parseBackendList(text, this.#settings.format);
      }
    } catch (error) {
      signal.throwIfAborted();
      return this.#sink.fail(error);
    }
    // Also when nothing is new: the file may have been away meanwhile.
    if (this.#backends !== null) this.#sink.update(this.#backends);
  }

  /** The text once it does not change any more. */
  async #settled(signal: AbortSignal): Promise<string> {
    const { files, maxBytes, settleMs, clock } = this.#settings;
    let text = await files.readText(this.#path, maxBytes);
    while (text !== this.#text) {
      await sleep(settleMs, { clock, signal });
      const before = text;
      text = await files.readText(this.#path, maxBytes);
      if (text === before) break;
    }
    return text;
  }

  /** Until an event, or for as long as is waited without one. */
  async #wait(signal: AbortSignal): Promise<void> {
    const { clock, pollMs, settleMs } = this.#settings;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    if (this.#hasEvent || signal.aborted) resolve();
    const cancel = clock.setTimer(resolve, pollMs);
    signal.addEventListener("abort", this.#wake, { once: true });
    await promise;
    signal.removeEventListener("abort", this.#wake);
    cancel();
    // Events come in swarms, also for other files of the folder.
    if (this.#hasEvent) await sleep(settleMs, { clock, signal });
  }
}
