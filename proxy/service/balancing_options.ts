import type { MetricSink, Peer } from "../../core/mod.ts";
import type {
  AlgorithmFactory,
  BackendOptions,
  BackendSet,
  BalancingMethodName,
  Discovery,
  HealthCheckerOptions,
  HostBreakersOptions,
  LoadBalancerOptions,
  OutlierOptions,
  StickySessionOptions,
} from "../../loadbalancing/mod.ts";

/** How a service checks its backends: as a `HealthChecker`, which it names and starts itself. */
export type ServiceHealthCheck = Omit<
  HealthCheckerOptions,
  "name" | "logger" | "metrics" | "clock" | "random"
>;

/** How the circuit of each backend opens and closes; the service names it and counts. */
export type ServiceHostBreaker = Omit<HostBreakersOptions, "name" | "metrics" | "clock">;

/** How a `ProxyService` chooses among its upstreams, and what it does to know which ones are well. */
export interface BalancingOptions extends
  Pick<
    LoadBalancerOptions,
    "keyOf" | "slowStart" | "zone" | "overprovisioning" | "panicThreshold" | "clock" | "random"
  > {
  /**
   * Where requests go: peers or their addresses (`host:port`, `http://host:port`, `https://host`,
   * `unix:/path`), or backends with weight, priority, zone and `maxConnections`; a set that others change
   * too; or a discovery, which the service runs, and whose first good list it waits for.
   */
  upstreams: readonly (string | Peer | BackendOptions)[] | BackendSet | Discovery;
  /**
   * How one of them is chosen. Another attempt of an exchange goes to one that was not tried yet.
   *
   * @default {"round_robin"}
   */
  loadBalancingMethod?: BalancingMethodName | AlgorithmFactory;
  /**
   * Checks each backend so often, in milliseconds: the short form of `healthCheck: { intervalMs }`. The
   * service is ready when each one was checked once.
   *
   * @default nobody is checked, unless there is `healthCheck`
   */
  healthCheckInterval?: number;
  /**
   * How backends are checked: without a `check` by a TCP connection.
   *
   * @default nobody is checked, unless there is `healthCheckInterval`
   */
  healthCheck?: ServiceHealthCheck;
  /**
   * Keeps traffic from backends whose answers are bad, by Envoy's rules; true for its defaults.
   *
   * @default {false}
   */
  outlierEjection?: boolean | OutlierOptions;
  /**
   * A circuit breaker for each backend; true for its defaults.
   *
   * @default {false}
   */
  hostBreaker?: boolean | ServiceHostBreaker;
  /**
   * Sends clients to the backend that served them before, by a cookie.
   *
   * @default {null}
   */
  sticky?: StickySessionOptions | null;
  /**
   * Counts under the name of the service what balancing, checks, ejection, breakers and discovery do.
   *
   * @default nobody counts
   */
  metrics?: MetricSink;
}
