import type { AnyMiddleware, Logger, Upstream } from "../../core/mod.ts";
import {
  type Backend,
  BackendSet,
  balancerMetrics,
  type Discovery,
  DiscoveryFeed,
  HealthChecker,
  HostBreakers,
  LoadBalancer,
  OutlierDetector,
  StickySession,
} from "../../loadbalancing/mod.ts";
import { backendsOf } from "./_backends_of.ts";
import { orAborted } from "./_or_aborted.ts";
import type { BalancingOptions, ServiceHealthCheck } from "./balancing_options.ts";
import type { BalancingSnapshot } from "./balancing_snapshot.ts";

/** What {@linkcode Balancing} needs beside its options. */
export interface BalancingContext {
  /** The name of the service. */
  readonly name: string;
  readonly logger: Logger;
}

/** All that a service does about its upstreams: made whole at once, then started and stopped with it. */
export class Balancing {
  readonly balancer: LoadBalancer;
  /** What the proxy asks. */
  readonly upstream: Upstream;
  readonly middleware: readonly AnyMiddleware[];
  readonly #checker: HealthChecker<Backend> | null;
  readonly #detector: OutlierDetector<Backend> | null;
  readonly #breakers: HostBreakers | null;
  readonly #feed: DiscoveryFeed | null;
  readonly #ends: (() => void)[] = [];

  constructor(options: BalancingOptions, { name, logger }: BalancingContext) {
    const {
      upstreams,
      loadBalancingMethod: method,
      outlierEjection = false,
      hostBreaker = false,
      sticky = null,
      metrics,
      clock,
      random,
    } = options;
    const told = { name, logger, metrics, clock };
    const discovery = isDiscovery(upstreams) ? upstreams : null;
    const backends = setOf(upstreams);
    const breakers = hostBreaker === false
      ? null
      : new HostBreakers({ ...(hostBreaker === true ? {} : hostBreaker), name, metrics, clock });
    const balancer = new LoadBalancer({
      backends,
      method,
      keyOf: options.keyOf,
      slowStart: options.slowStart,
      zone: options.zone,
      overprovisioning: options.overprovisioning,
      panicThreshold: options.panicThreshold,
      isEligible: breakers?.isEligible,
      clock,
      random,
    });
    this.balancer = balancer;
    const session = sticky === null ? null : new StickySession(balancer, sticky);
    this.middleware = session === null ? [] : [session.middleware];
    const chooser = session ?? balancer;
    this.#breakers = breakers;
    this.upstream = breakers === null ? chooser : breakers.guard(chooser);
    const healthCheck = healthCheckOf(options);
    this.#checker = healthCheck === null
      ? null
      : new HealthChecker(backends, { ...healthCheck, ...told, random });
    this.#detector = outlierEjection === false ? null : new OutlierDetector(backends, {
      ...(outlierEjection === true ? {} : outlierEjection),
      ...told,
      random,
    });
    this.#feed = discovery === null ? null : new DiscoveryFeed(backends, discovery, told);
    this.#ends.push(() => balancer[Symbol.dispose]());
    if (session !== null) this.#ends.push(() => session[Symbol.dispose]());
    if (this.#detector !== null) this.#ends.push(balancer.onOutcome(this.#detector.report));
    if (metrics !== undefined) this.#ends.push(balancerMetrics(balancer, metrics, { name }));
  }

  /** Settles when the first list is there, and each of its backends was checked. */
  async start(signal: AbortSignal): Promise<void> {
    this.#detector?.start();
    if (this.#feed !== null) {
      this.#feed.start();
      await orAborted(this.#feed.whenFound(), signal);
    }
    if (this.#checker !== null) {
      this.#checker.start();
      await orAborted(this.#checker.whenChecked(), signal);
    }
  }

  async stop(): Promise<void> {
    this.#detector?.stop();
    await Promise.all([this.#checker?.stop(), this.#feed?.stop()]);
    for (const end of this.#ends.splice(0)) end();
  }

  snapshot(): BalancingSnapshot {
    const breakers = this.#breakers;
    const { backends } = this.balancer.backends;
    return {
      balancer: this.balancer.snapshot(),
      health: this.#checker?.snapshot() ?? null,
      outliers: this.#detector?.snapshot() ?? null,
      circuits: breakers === null ? null : backends.map((backend) => ({
        id: backend.id,
        state: breakers.stateOf(backend),
      })),
      discovery: this.#feed?.snapshot() ?? null,
    };
  }
}

function setOf(upstreams: BalancingOptions["upstreams"]): BackendSet {
  if (upstreams instanceof BackendSet) return upstreams;
  return new BackendSet(isDiscovery(upstreams) ? [] : backendsOf(upstreams));
}

function isDiscovery(upstreams: BalancingOptions["upstreams"]): upstreams is Discovery {
  return "run" in upstreams;
}

function healthCheckOf(options: BalancingOptions): ServiceHealthCheck | null {
  const { healthCheck, healthCheckInterval } = options;
  if (healthCheckInterval === undefined) return healthCheck ?? null;
  if (healthCheck?.intervalMs !== undefined) {
    throw new TypeError(
      "Cannot check health: write one of healthCheckInterval and healthCheck.intervalMs",
    );
  }
  return { ...healthCheck, intervalMs: healthCheckInterval };
}
