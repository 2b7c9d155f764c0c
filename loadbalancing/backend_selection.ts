import type { Exchange, Selection, SelectOptions, Upstream } from "../core/mod.ts";
import type { Backend } from "./backend.ts";

/** A selection that tells which backend it is: what a balancer and a sticky session give. */
export interface BackendSelection extends Selection {
  /** The backend that was leased. */
  readonly backend: Backend;
}

/** Chooses among backends, at once. */
export interface BackendUpstream extends Upstream {
  /** Chooses a backend and leases it; `settle` is called on the selection. */
  select(exchange: Exchange, options: SelectOptions): BackendSelection;
}
