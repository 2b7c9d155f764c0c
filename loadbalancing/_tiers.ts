import type { Random } from "../timeout/mod.ts";
import type { Algorithm, IsRefused, WeightOf } from "./algorithm.ts";
import type { Backend } from "./backend.ts";
import type { AlgorithmFactory, TierSnapshot } from "./load_balancer_options.ts";
import { planTiers, type TierPlanOptions } from "./tier_plan.ts";

/** Backends of one priority, and one side of the zone where the balancer has one. */
export interface Tier {
  /** The place in the order of tiers. */
  readonly rank: number;
  readonly algorithm: Algorithm<Backend>;
  candidates: readonly Backend[];
  load: number;
  isPanicking: boolean;
}

/** What {@linkcode Tiers} needs. */
export interface TiersOptions {
  readonly plan: TierPlanOptions;
  readonly zone: string;
  readonly makeAlgorithm: AlgorithmFactory;
  readonly random: Random;
}

/** The tiers of a balancer: who can be chosen in each, and what part of the traffic it gets. */
export class Tiers {
  readonly #options: TiersOptions;
  /** All there ever were, so that what an algorithm remembers is not lost when a tier is empty for a while. */
  readonly #byRank = new Map<number, Tier>();
  #tiers: readonly Tier[] = [];

  constructor(options: TiersOptions) {
    this.#options = options;
  }

  /** Sorts the backends into tiers and plans anew. */
  build(backends: readonly Backend[], weightOf: WeightOf<Backend> | undefined): void {
    const enabledBy = new Map<number, Backend[]>();
    for (const backend of backends) {
      if (backend.state !== "enabled" || backend.weight === 0) continue;
      const rank = this.#rankOf(backend);
      const enabled = enabledBy.get(rank);
      if (enabled === undefined) enabledBy.set(rank, [backend]);
      else enabled.push(backend);
    }
    const tiers = [...enabledBy.keys()].sort((a, b) => a - b).map((rank) => this.#tier(rank));
    const members = tiers.map(({ rank }) => {
      const enabled = enabledBy.get(rank) ?? [];
      return { enabled, available: enabled.filter((backend) => backend.isAvailable) };
    });
    const counts = members.map(({ enabled, available }) => ({
      enabled: enabled.length,
      available: available.length,
    }));
    for (const [i, { load, isPanicking }] of planTiers(counts, this.#options.plan).entries()) {
      const tier = tiers[i];
      tier.load = load;
      tier.isPanicking = isPanicking;
      tier.candidates = isPanicking ? members[i].enabled : members[i].available;
      tier.algorithm.update(tier.candidates, weightOf);
    }
    for (const [rank, tier] of this.#byRank) {
      if (!enabledBy.has(rank)) this.#empty(tier);
    }
    this.#tiers = tiers;
  }

  /** Gives the algorithms other weights. */
  reweigh(weightOf: WeightOf<Backend>): void {
    for (const { algorithm, candidates } of this.#tiers) algorithm.update(candidates, weightOf);
  }

  /** Chooses in the tier whose turn it is; where all are refused, in the others from the first on. */
  pick(key: string | null, isRefused: IsRefused<Backend> | null): Backend | null {
    const tiers = this.#tiers;
    if (tiers.length === 0) return null;
    const drawn = tiers[0].load === 1 ? 0 : this.#draw();
    const picked = tiers[drawn].algorithm.pick(key, isRefused);
    if (picked !== null) return picked;
    for (let i = 0; i < tiers.length; i++) {
      const other = i === drawn ? null : tiers[i].algorithm.pick(key, isRefused);
      if (other !== null) return other;
    }
    return null;
  }

  /** The tier that a backend belongs to, whether it can be chosen or not. */
  of(backend: Backend): Tier {
    return this.#tier(this.#rankOf(backend));
  }

  snapshot(): TierSnapshot[] {
    const { zone } = this.#options;
    return this.#tiers.map(({ rank, load, isPanicking, candidates }) => ({
      priority: rank >> 1,
      isOwnZone: zone === "" ? null : (rank & 1) === 0,
      load,
      isPanicking,
      candidates: candidates.map(({ id }) => id),
    }));
  }

  /** By priority; within one, the own zone first. */
  #rankOf({ priority, zone }: Backend): number {
    return priority * 2 + (zone === this.#options.zone || this.#options.zone === "" ? 0 : 1);
  }

  #tier(rank: number): Tier {
    let tier = this.#byRank.get(rank);
    if (tier === undefined) {
      const algorithm = this.#options.makeAlgorithm();
      tier = { rank, algorithm, candidates: [], load: 0, isPanicking: false };
      this.#byRank.set(rank, tier);
    }
    return tier;
  }

  #empty(tier: Tier): void {
    if (tier.candidates.length > 0) tier.algorithm.update([]);
    tier.candidates = [];
    tier.load = 0;
    tier.isPanicking = false;
  }

  #draw(): number {
    let rest = this.#options.random();
    for (let i = 0; i < this.#tiers.length; i++) {
      rest -= this.#tiers[i].load;
      if (rest < 0) return i;
    }
    // Nobody is healthy, or the loads add up to a hair less than 1.
    return 0;
  }
}
