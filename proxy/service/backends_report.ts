import type {
  BackendSnapshot,
  DiscoverySnapshot,
  HealthSnapshot,
  OutlierSnapshot,
  TierSnapshot,
} from "../../loadbalancing/mod.ts";
import type { CircuitState } from "../../timeout/mod.ts";
import type { BalancingSnapshot } from "./balancing_snapshot.ts";

/** One backend with all that is known of it. */
export interface BackendReport extends BackendSnapshot {
  /** What the active checks found; null where nobody is checked, or not yet. */
  readonly health: Omit<HealthSnapshot, "id" | "isHealthy"> | null;
  /** What outlier ejection knows; null where it is off. */
  readonly outlier: Omit<OutlierSnapshot<unknown>, "host" | "isEjected"> | null;
  /** Where its circuit stands; null where there is none. */
  readonly circuit: CircuitState | null;
}

/** The upstreams of one service. */
export interface BackendsReport {
  /** The name of the service. */
  readonly service: string;
  /** The tiers in which somebody is enabled, in the order of their use. */
  readonly tiers: readonly TierSnapshot[];
  /** How the discovery stands; null where there is none. */
  readonly discovery: DiscoverySnapshot | null;
  /** The backends, those too that were removed and have attempts under way (at the end). */
  readonly backends: readonly BackendReport[];
}

/** A service that {@linkcode backendsReport} can tell of: a `ProxyService`. */
export interface ReportedService {
  /** Its name. */
  readonly name: string;
  /** Its upstreams. */
  snapshot(): BalancingSnapshot;
}

/**
 * The upstreams of services as plain data, all that is known of a backend in one place: what the admin
 * address of the command line program shows on `/backends`. There are addresses and messages of failed checks
 * in it, and no secrets: neither keys nor header fields.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backendsReport, ProxyService } from "@pingo/pingo/proxy/service";
 *
 * const api = new ProxyService("api", { upstreams: ["10.0.0.1:80"], hostBreaker: true });
 * const [{ service, backends: [backend] }] = backendsReport([api]);
 * assertEquals([service, backend.address, backend.leases], ["api", "10.0.0.1:80", 0]);
 * assertEquals([backend.health, backend.circuit], [null, "closed"]);
 * ```
 */
export function backendsReport(services: Iterable<ReportedService>): readonly BackendsReport[] {
  return Array.from(services, (service) => reportOf(service.name, service.snapshot()));
}

function reportOf(service: string, snapshot: BalancingSnapshot): BackendsReport {
  const { balancer: { tiers, backends }, discovery } = snapshot;
  const health = byId(snapshot.health);
  const outliers = byId(snapshot.outliers);
  const circuits = byId(snapshot.circuits);
  return {
    service,
    tiers,
    discovery,
    backends: backends.map((backend) => ({
      ...backend,
      health: healthOf(health.get(backend.id)),
      outlier: outlierOf(outliers.get(backend.id)),
      circuit: circuits.get(backend.id)?.state ?? null,
    })),
  };
}

function byId<T extends { readonly id: string }>(all: readonly T[] | null): Map<string, T> {
  return new Map((all ?? []).map((each) => [each.id, each]));
}

// The backend tells by itself whether it is healthy and whether it is ejected.

function healthOf(snapshot?: HealthSnapshot): BackendReport["health"] {
  if (snapshot === undefined) return null;
  const { id: _id, isHealthy: _isHealthy, ...rest } = snapshot;
  return rest;
}

function outlierOf(
  snapshot?: NonNullable<BalancingSnapshot["outliers"]>[number],
): BackendReport["outlier"] {
  if (snapshot === undefined) return null;
  const { id: _id, isEjected: _isEjected, ...rest } = snapshot;
  return rest;
}
