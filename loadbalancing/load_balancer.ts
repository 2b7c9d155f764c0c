import type { AttemptOutcome, Exchange, Peer, SelectOptions } from "../core/mod.ts";
import { ProxyError } from "../errors/mod.ts";
import { systemClock, systemRandom } from "../timeout/mod.ts";
import { isAmong } from "./_is_among.ts";
import { Lease } from "./_lease.ts";
import { Listeners } from "./_listeners.ts";
import { Ramps } from "./_ramps.ts";
import { Tiers } from "./_tiers.ts";
import type { Algorithm } from "./algorithm.ts";
import type { Backend } from "./backend.ts";
import type { BackendSelection, BackendUpstream } from "./backend_selection.ts";
import { BackendSet } from "./backend_set.ts";
import { balancingMethod } from "./balancing_method.ts";
import { byClientAddress, type HashKey } from "./hash_key.ts";
import type { LoadBalancerOptions, LoadBalancerSnapshot } from "./load_balancer_options.ts";
import type { OutcomeListener, OutcomeSource } from "./outcome.ts";
import { checkTierPlanOptions } from "./tier_plan.ts";

const NONE: readonly Peer[] = Object.freeze([]);

/**
 * Chooses a backend for each attempt: an `Upstream` of core, so a proxy takes it as its `upstream`.
 *
 * Whom it takes, in this order: of the tier whose turn it is, one that is available, is not at its
 * `maxConnections`, is eligible, and was not tried by this exchange; the same in the other tiers; one that
 * was tried, when nobody else is there; else it throws. Below the panic threshold, health and ejections are
 * not looked at.
 *
 * Each choice is a lease of the backend, released when the attempt is settled; settling twice does nothing.
 * A choice is synchronous and makes one object.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HttpProxy, listen, reply } from "@pingo/pingo";
 * import { LoadBalancer } from "@pingo/pingo/loadbalancing";
 *
 * await using one = await listen({ address: "127.0.0.1:0" }, () => reply(200, "one"));
 * await using two = await listen({ address: "127.0.0.1:0" }, () => reply(200, "two"));
 * const balancer = new LoadBalancer({
 *   backends: [one.url, { peer: two.url, weight: 2 }],
 *   method: "round_robin",
 * });
 * await using proxy = new HttpProxy({ upstream: balancer });
 * await using front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
 *
 * const answers = [];
 * for (let i = 0; i < 3; i++) answers.push(await (await fetch(front.url)).text());
 * assertEquals(answers, ["two", "one", "two"]);
 * ```
 */
export class LoadBalancer implements BackendUpstream, OutcomeSource, Disposable {
  /** The backends: change them by `backends.update`, or one by `backends.get(id)`. */
  readonly backends: BackendSet;
  readonly #tiers: Tiers;
  readonly #ramps: Ramps | null;
  readonly #keyOf: HashKey | null;
  readonly #isEligible: ((backend: Backend) => boolean) | null;
  readonly #outcomeListeners = new Listeners<[backend: Backend, outcome: AttemptOutcome]>();
  readonly #selectListeners = new Listeners<[backend: Backend]>();
  readonly #unsubscribe: () => void;
  #isStale = true;
  #mayRefuse = false;
  /** Of the choice under way, so that a choice makes no closure. */
  #tried = NONE;

  /**
   * A balancer of these backends.
   *
   * @throws {TypeError} when the method is unknown, a peer cannot be understood, two backends have one id, or
   *   there is a `keyOf` for a method that does not hash
   * @throws {RangeError} when a number is out of its range
   */
  constructor(options: LoadBalancerOptions) {
    const {
      backends,
      method = "round_robin",
      keyOf,
      isEligible = null,
      slowStart = null,
      zone = "",
      clock = systemClock,
      random = systemRandom,
      overprovisioning = 1.4,
      panicThreshold = 0.5,
    } = options;
    checkTierPlanOptions(overprovisioning, panicThreshold);
    const makeAlgorithm = typeof method === "function"
      ? method
      : makerOf(method, { clock, random });
    const isKeyed = makeAlgorithm().isKeyed === true;
    if (!isKeyed && keyOf !== undefined) {
      throw new TypeError("Cannot balance by keyOf: the method does not hash");
    }
    this.#keyOf = isKeyed ? keyOf ?? byClientAddress() : null;
    this.#isEligible = isEligible;
    this.#ramps = slowStart === null ? null : new Ramps(slowStart, clock);
    this.#tiers = new Tiers({
      plan: { overprovisioning, panicThreshold },
      zone,
      makeAlgorithm,
      random,
    });
    this.backends = backends instanceof BackendSet ? backends : new BackendSet(backends);
    this.#unsubscribe = this.backends.onChange(() => {
      this.#isStale = true;
    });
  }

  /**
   * Chooses a backend and leases it.
   *
   * @throws {ProxyError} `no_upstream` when there is nobody
   */
  select(exchange: Exchange, options: SelectOptions): BackendSelection {
    return this.lease(this.selectBackend(exchange, options), exchange);
  }

  /**
   * Chooses a backend without leasing it. The algorithm counts it as chosen.
   *
   * @throws {ProxyError} `no_upstream` when there is nobody
   */
  selectBackend(exchange: Exchange, { tried }: SelectOptions): Backend {
    this.#refresh();
    const key = this.#keyOf === null ? null : this.#keyOf(exchange);
    const backend = this.#pick(key, tried) ?? (tried.length > 0 ? this.#pick(key, NONE) : null);
    if (backend === null) throw this.#nobody();
    return backend;
  }

  /**
   * Leases a backend that somebody else chose, as a sticky session does: `settle` releases it and feeds
   * statistics, the algorithm and the listeners. Call `settle` on the selection.
   */
  lease(backend: Backend, exchange: Exchange): BackendSelection {
    const { algorithm } = this.#tiers.of(backend);
    const lease = new Lease(backend, exchange, algorithm, this.#outcomeListeners);
    if (this.#selectListeners.size > 0) this.#selectListeners.call(backend);
    return lease;
  }

  /**
   * Whether a client that is bound to a backend can be sent there now: it belongs to the set, is healthy and
   * not ejected (or its tier panics), not disabled, not at its `maxConnections`, and eligible. One that
   * drains still serves.
   */
  canServe(backend: Backend): boolean {
    if (this.backends.get(backend.id) !== backend || backend.state === "disabled") return false;
    this.#refresh();
    const isReachable = backend.isReachable || this.#tiers.of(backend).isPanicking;
    return isReachable && !this.#refuses(backend);
  }

  /**
   * Calls `fn` at the end of each attempt, when its lease is released. What it throws is rethrown apart, as an
   * unhandled error.
   */
  onOutcome(fn: OutcomeListener): () => void {
    return this.#outcomeListeners.add(fn);
  }

  /**
   * Calls `fn` for each backend that is leased. What it throws is rethrown apart.
   *
   * @returns a function that takes the listener back
   */
  onSelect(fn: (backend: Backend) => void): () => void {
    return this.#selectListeners.add(fn);
  }

  /** Tiers and backends as plain data. */
  snapshot(): LoadBalancerSnapshot {
    this.#refresh();
    return { tiers: this.#tiers.snapshot(), backends: this.backends.snapshot() };
  }

  /** Listens to its set no more; leases that are out can still be settled. */
  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #refresh(): void {
    const ramps = this.#ramps;
    if (this.#isStale) {
      this.#isStale = false;
      const { backends } = this.backends;
      ramps?.note(backends);
      this.#tiers.build(backends, ramps?.weightOf);
      this.#mayRefuse = this.#isEligible !== null ||
        backends.some(({ maxConnections }) => maxConnections !== Infinity);
    } else if (ramps !== null && ramps.isDue()) {
      ramps.step();
      this.#tiers.reweigh(ramps.weightOf);
    }
  }

  #pick(key: string | null, tried: readonly Peer[]): Backend | null {
    if (!this.#mayRefuse && tried.length === 0) return this.#tiers.pick(key, null);
    const outer = this.#tried;
    this.#tried = tried;
    try {
      return this.#tiers.pick(key, this.#refuses);
    } finally {
      this.#tried = outer;
    }
  }

  readonly #refuses = (backend: Backend): boolean =>
    backend.isFull || isAmong(backend, this.#tried) ||
    (this.#isEligible !== null && !this.#isEligible(backend));

  #nobody(): ProxyError {
    const { backends } = this.backends;
    const enabled = backends.filter(({ state, weight }) => state === "enabled" && weight > 0);
    const available = enabled.filter(({ isAvailable }) => isAvailable);
    const full = enabled.filter(({ isFull }) => isFull);
    return new ProxyError(
      "no_upstream",
      `Cannot choose a backend: of ${backends.length}, ${enabled.length} are enabled, ` +
        `${available.length} available, ${full.length} at their limit`,
    );
  }
}

function makerOf(
  name: string,
  options: Pick<LoadBalancerOptions, "clock" | "random">,
): () => Algorithm<Backend> {
  const method = balancingMethod(name);
  return () => method.create<Backend>(options);
}
