import type {
  DiscoverySnapshot,
  HealthSnapshot,
  LoadBalancerSnapshot,
  OutlierSnapshot,
} from "../../loadbalancing/mod.ts";
import type { CircuitState } from "../../timeout/mod.ts";

/** The upstreams of a service as plain data: what an admin page shows. */
export interface BalancingSnapshot {
  /** Tiers and backends, with leases and statistics. */
  readonly balancer: LoadBalancerSnapshot;
  /** What the checks found; null where nobody is checked. */
  readonly health: readonly HealthSnapshot[] | null;
  /** What outlier ejection knows; null where it is off. */
  readonly outliers:
    | readonly (Omit<OutlierSnapshot<unknown>, "host"> & { readonly id: string })[]
    | null;
  /** Where the circuit of each backend stands; null where there is none. */
  readonly circuits: readonly { readonly id: string; readonly state: CircuitState }[] | null;
  /** How the discovery stands; null where there is none. */
  readonly discovery: DiscoverySnapshot | null;
}
