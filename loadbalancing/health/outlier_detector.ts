import type { AttemptOutcome, Counter, Gauge, Logger, MetricSink } from "../../core/mod.ts";
import { type Clock, type Random, systemClock } from "../../timeout/mod.ts";
import { Listeners } from "../_listeners.ts";
import type { OutlierOptions } from "./outlier_options.ts";
import { type OutlierDecision, OutlierPolicy, type OutlierSnapshot } from "./outlier_policy.ts";
import type { EjectableBackend, WatchedSet } from "./watched_set.ts";

/** Who tells of health checks that passed; a `HealthChecker` does. */
export interface PassedChecks<Backend> {
  /**
   * Calls `fn` for each check that passed of a backend that counts as healthy.
   *
   * @returns a function that takes the listener back
   */
  onPassed(fn: (backend: Backend) => void): () => void;
}

/** Options of {@linkcode OutlierDetector}. */
export interface OutlierDetectorOptions<Backend> extends OutlierOptions {
  /**
   * Active checks of the same backends: one that passes while the backend counts as healthy lets it return
   * at once, as in Envoy.
   *
   * @default none
   */
  healthChecks?: PassedChecks<Backend>;
  /**
   * The value of the label `set` in metrics, and of the field in logs.
   *
   * @default {""}
   */
  name?: string;
  /** Is told of ejections and returns. */
  logger?: Logger;
  /** Gets `pingo_outlier_decisions_total` (set, rule, action) and `pingo_outlier_ejected_backends` (set). */
  metrics?: MetricSink;
  /** The clock that ejections run by. */
  clock?: Clock;
  /** Decides by chance where a rule is enforced in part, and the jitter. */
  random?: Random;
}

/**
 * Passive health checks: ejects the backends of a set that do unlike the others, by {@linkcode OutlierPolicy},
 * and lets them return. It hears of attempts through {@linkcode OutlierDetector.report}.
 *
 * Between start and stop it sweeps at each interval; when it stops, all that it ejected return.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { OutlierDetector } from "@pingo/pingo/loadbalancing";
 *
 * const ejected = new Set<string>();
 * const backends = ["a", "b"].map((id) => ({
 *   id,
 *   eject: () => void ejected.add(id),
 *   restore: () => void ejected.delete(id),
 * }));
 * {
 *   // A BackendSet in a program, with balancer.onOutcome(detector.report).
 *   using detector = new OutlierDetector({ backends, onChange: () => () => {} });
 *   detector.start();
 *   for (let n = 0; n < 5; n++) {
 *     detector.report(backends[0], { status: 503, error: null, durationMs: 2 });
 *   }
 *   assertEquals([...ejected], ["a"]);
 * }
 * assertEquals([...ejected], []);
 * ```
 */
export class OutlierDetector<Backend extends EjectableBackend> implements Disposable {
  readonly #set: WatchedSet<Backend>;
  readonly #policy: OutlierPolicy<Backend>;
  readonly #listeners = new Listeners<[decision: OutlierDecision<Backend>]>();
  readonly #healthChecks: PassedChecks<Backend> | undefined;
  readonly #name: string;
  readonly #logger: Logger | undefined;
  readonly #clock: Clock;
  readonly #decisions: ((decision: OutlierDecision<Backend>) => Counter) | undefined;
  readonly #ejectedGauge: Gauge | undefined;
  /** Takes back what `start` has set up; null when it is stopped. */
  #undo: (() => void)[] | null = null;
  #cancelTimer: () => void = () => {};
  #followed: readonly Backend[] | null = null;

  /**
   * Tells how an attempt at a backend ended. Bound: it can be handed over as it is. Does nothing while the
   * detector is stopped, or for a backend that is not in the set.
   */
  readonly report: (backend: Backend, outcome: AttemptOutcome) => void;

  /**
   * A detector that is stopped.
   *
   * @throws {RangeError} when an option makes no sense
   */
  constructor(set: WatchedSet<Backend>, options: OutlierDetectorOptions<Backend> = {}) {
    const { healthChecks, name = "", logger, metrics, clock = systemClock, ...policy } = options;
    this.#set = set;
    this.#healthChecks = healthChecks;
    this.#name = name;
    this.#logger = logger;
    this.#clock = clock;
    const decided = (decision: OutlierDecision<Backend>): void => this.#apply(decision);
    this.#policy = new OutlierPolicy({ ...policy, clock, onDecision: decided });
    const counters = metrics?.counter(
      "pingo_outlier_decisions_total",
      "Decisions of outlier detection.",
      { labels: ["set", "rule", "action"] },
    );
    this.#decisions = counters &&
      (({ rule, action }) => counters.labels({ set: name, rule: rule ?? "none", action }));
    this.#ejectedGauge = metrics?.gauge(
      "pingo_outlier_ejected_backends",
      "Backends that are ejected.",
      { labels: ["set"] },
    ).labels({ set: name });
    this.report = (backend, outcome) => this.#policy.report(backend, outcome);
  }

  /** Begins to watch; does nothing when it has begun. */
  start(): void {
    if (this.#undo !== null) return;
    const follow = (): void => this.#follow();
    this.#undo = [this.#set.onChange(follow)];
    const passed = (backend: Backend): void => void this.#policy.giveBack(backend);
    if (this.#healthChecks !== undefined) this.#undo.push(this.#healthChecks.onPassed(passed));
    this.#follow();
    this.#sweepLater();
  }

  /** Ends watching; what it has ejected returns. */
  stop(): void {
    if (this.#undo === null) return;
    for (const undo of this.#undo) undo();
    this.#undo = null;
    this.#cancelTimer();
    this.#policy.setHosts([]);
    this.#followed = null;
  }

  /**
   * Calls `fn` at each decision.
   *
   * @returns a function that takes the listener back
   */
  onDecision(fn: (decision: OutlierDecision<Backend>) => void): () => void {
    return this.#listeners.add(fn);
  }

  /** What is known of each backend, for the admin interface. */
  snapshot(): (Omit<OutlierSnapshot<Backend>, "host"> & { readonly id: string })[] {
    return this.#policy.snapshot().map(({ host, ...rest }) => ({ id: host.id, ...rest }));
  }

  /** The same as {@linkcode OutlierDetector.stop}. */
  [Symbol.dispose](): void {
    this.stop();
  }

  /** A set also tells of changes to its backends, such as the ejections themselves. */
  #follow(): void {
    const { backends } = this.#set;
    if (backends === this.#followed) return;
    this.#followed = backends;
    this.#policy.setHosts(backends);
    this.#ejectedGauge?.set(this.#policy.ejectedCount);
  }

  #sweepLater(): void {
    this.#cancelTimer = this.#clock.setTimer(
      () => {
        this.#policy.sweep();
        this.#sweepLater();
      },
      this.#policy.intervalMs,
      { keepAlive: false },
    );
  }

  #apply(decision: OutlierDecision<Backend>): void {
    const { host: backend, action, rule, ejectionMs } = decision;
    const fields = { set: this.#name, backend: backend.id, rule };
    if (action === "ejected") {
      backend.eject();
      this.#logger?.warn("backend ejected", { ...fields, ejectionMs });
    } else if (action === "returned") {
      backend.restore();
      this.#logger?.info("ejected backend returned", { set: this.#name, backend: backend.id });
    } else if (action === "limit_reached") {
      // One that fails on and on is found again and again: the metric tells how often.
      this.#logger?.debug("backend not ejected: too many are", fields);
    }
    this.#ejectedGauge?.set(this.#policy.ejectedCount);
    this.#decisions?.(decision).add();
    this.#listeners.call(decision);
  }
}
