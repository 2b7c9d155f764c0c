/** Who can be chosen: what an algorithm looks at in a backend. */
export interface Candidate {
  /** What it is known by. */
  readonly id: string;
  /** Its share of the traffic, above 0. */
  readonly weight: number;
  /** How many requests it works on. */
  readonly leases: number;
}

/** The weight that an algorithm is to go by, as slow start lowers it; above 0. */
export type WeightOf<C extends Candidate = Candidate> = (candidate: C) => number;

/** Whether a candidate may not be chosen this time. It is asked any number of times: it only looks. */
export type IsRefused<C extends Candidate = Candidate> = (candidate: C) => boolean;

/** How an attempt at a candidate went. */
export interface Observation {
  /** How long it took: to the head of the answer, or to the failure. */
  readonly latencyMs: number;
  /** `aborted`: it would have taken longer, but nobody waited for it. */
  readonly result: "succeeded" | "failed" | "aborted";
}

/**
 * Chooses one of several candidates. Each algorithm is a class of its own that works alone: it knows its
 * candidates by {@linkcode Algorithm.update} and nothing of health, tiers or leases' ends, which are the
 * balancer's.
 */
export interface Algorithm<C extends Candidate = Candidate> {
  /** Whether it goes by the key of a request; false when left out. */
  readonly isKeyed?: boolean;
  /**
   * Takes the candidates, instead of those before. What the algorithm remembers of those that stay is kept.
   *
   * @param candidates those that can be chosen; none is allowed
   * @param weightOf the weights to go by, those of the candidates when left out
   * @throws {RangeError} when a weight is not above 0
   */
  update(candidates: readonly C[], weightOf?: WeightOf<C>): void;
  /**
   * Chooses.
   *
   * @param key what a hash goes by; the others do not look at it
   * @param isRefused whom not to take this time
   * @returns null when there is nobody, or all are refused
   */
  pick(key?: string | null, isRefused?: IsRefused<C> | null): C | null;
  /** Hears how an attempt ended. */
  observe?(candidate: C, observation: Observation): void;
}

/** The weight of the candidate itself. */
export function ownWeight(candidate: Candidate): number {
  return candidate.weight;
}
