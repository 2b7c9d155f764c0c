import { Listeners } from "./_listeners.ts";
import { Backend, type BackendChange } from "./backend.ts";
import { type BackendOptions, backendSettings } from "./backend_options.ts";
import type { BackendSnapshot } from "./backend_snapshot.ts";

/** The list has been swapped. */
export interface BackendListEvent {
  /** What happened. */
  readonly kind: "list";
  /** Backends that were not there before. */
  readonly added: readonly Backend[];
  /** Backends that are gone; their leases end when their attempts do. */
  readonly removed: readonly Backend[];
  /** Backends that stayed and have other options now. */
  readonly changed: readonly Backend[];
}

/** One backend has changed. */
export interface BackendEvent {
  /** What happened. */
  readonly kind: "backend";
  /** The backend. */
  readonly backend: Backend;
  /** What has changed about it. */
  readonly change: BackendChange;
}

/** What a set tells its listeners. */
export type BackendSetEvent = BackendListEvent | BackendEvent;

/**
 * The backends of a balancer: a list that nobody changes, swapped whole by {@linkcode BackendSet.update}.
 * A backend that stays (the same id) keeps its health, leases and statistics.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BackendSet } from "@pingo/pingo/loadbalancing";
 *
 * const set = new BackendSet(["10.0.0.1:80", { peer: "10.0.0.2:80", weight: 2 }]);
 * set.get("10.0.0.2:80")?.markHealthy(false);
 * set.update([{ peer: "10.0.0.2:80", weight: 5 }, { peer: "10.0.0.3:80" }]);
 * assertEquals(set.backends.map(({ id, weight }) => [id, weight]), [["10.0.0.2:80", 5], ["10.0.0.3:80", 1]]);
 * assertEquals(set.get("10.0.0.2:80")?.isHealthy, false);
 * ```
 */
export class BackendSet {
  #backends: readonly Backend[] = Object.freeze([]);
  #byId: ReadonlyMap<string, Backend> = new Map();
  /** Backends that were removed while attempts at them were under way. */
  #departing = new Map<string, Backend>();
  readonly #unsubscribe = new Map<Backend, () => void>();
  readonly #listeners = new Listeners<[event: BackendSetEvent]>();
  #isUpdating = false;

  /**
   * A set of these backends; it may be empty until a discovery fills it.
   *
   * @param backends options, or only peers
   * @throws {TypeError} when a peer cannot be understood, or two backends have one id
   * @throws {RangeError} when a number is out of its range
   */
  constructor(backends: readonly (string | BackendOptions)[] = []) {
    this.update(backends.map((each) => typeof each === "string" ? { peer: each } : each));
  }

  /** The backends, in the order in which they were given. The list itself never changes. */
  get backends(): readonly Backend[] {
    return this.#backends;
  }

  /** Backends that were removed, as long as attempts at them are under way. */
  get departing(): readonly Backend[] {
    this.#forgetIdle();
    return [...this.#departing.values()];
  }

  /** The backend with this id. */
  get(id: string): Backend | undefined {
    return this.#byId.get(id);
  }

  /**
   * Swaps the list. Backends with an id that was there before stay the same objects, with their new
   * options; so does one that comes back while attempts at it are under way. When it throws, nothing has
   * changed.
   *
   * @throws {TypeError} when a peer cannot be understood, or two backends have one id
   * @throws {RangeError} when a number is out of its range
   */
  update(next: readonly BackendOptions[]): void {
    const ids = next.map((options) => backendSettings(options).id);
    checkDistinct(ids);
    const before = this.#byId;
    const byId = new Map<string, Backend>();
    const added: Backend[] = [];
    const changed: Backend[] = [];
    this.#forgetIdle();
    this.#isUpdating = true;
    try {
      for (const [i, options] of next.entries()) {
        const id = ids[i];
        const known = before.get(id) ?? this.#departing.get(id);
        const backend = known ?? new Backend(options);
        const isChanged = known?.reconfigure(options) ?? false;
        if (!before.has(id)) added.push(backend);
        else if (isChanged) changed.push(backend);
        byId.set(id, backend);
      }
    } finally {
      this.#isUpdating = false;
    }
    const removed = this.#backends.filter(({ id }) => !byId.has(id));
    for (const backend of removed) this.#leave(backend);
    for (const backend of added) this.#join(backend);
    this.#byId = byId;
    this.#backends = Object.freeze([...byId.values()]);
    this.#listeners.call({ kind: "list", added, removed, changed });
  }

  /**
   * Calls `fn` after each swap of the list and each change of one of its backends. What it throws is rethrown apart,
   * as an unhandled error: the swap holds.
   *
   * @returns a function that takes the listener back
   */
  onChange(fn: (event: BackendSetEvent) => void): () => void {
    return this.#listeners.add(fn);
  }

  /** All backends as plain data, those too that were removed and have attempts under way (at the end). */
  snapshot(): BackendSnapshot[] {
    return [...this.#backends, ...this.departing].map((backend) => backend.snapshot());
  }

  #join(backend: Backend): void {
    this.#departing.delete(backend.id);
    this.#unsubscribe.set(
      backend,
      backend.onChange((backend, change) => {
        if (!this.#isUpdating) this.#listeners.call({ kind: "backend", backend, change });
      }),
    );
  }

  #leave(backend: Backend): void {
    this.#unsubscribe.get(backend)?.();
    this.#unsubscribe.delete(backend);
    if (backend.leases > 0) this.#departing.set(backend.id, backend);
  }

  #forgetIdle(): void {
    for (const [id, { leases }] of this.#departing) {
      if (leases === 0) this.#departing.delete(id);
    }
  }
}

function checkDistinct(ids: readonly string[]): void {
  const seen = new Set<string>();
  for (const id of ids) {
    if (seen.has(id)) {
      throw new TypeError(`Cannot update the backends: ${JSON.stringify(id)} stands there twice`);
    }
    seen.add(id);
  }
}
