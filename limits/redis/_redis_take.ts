import type { Decision } from "../mod.ts";
import type { Pending } from "./_deadlines.ts";

/** Hears how takes end. One for all takes of a limiter: a take is an object, and makes no function. */
export interface TakeEnds {
  /** The server decided. */
  decided(take: RedisTake, decision: Decision): void;
  /** The server did not: it failed, or gave what is no answer. */
  failed(take: RedisTake, error: unknown): void;
  /** As {@linkcode Pending.giveUp}. */
  givenUp(take: RedisTake, isOverdue: boolean): void;
}

/** What {@linkcode RedisTake} is made from. */
export interface RedisTakeSettings {
  /** The caller's name of what it is taken from. */
  readonly name: string;
  /** The same in the server. */
  readonly key: string;
  readonly n: number;
  /** When it was asked for, by the monotonic clock. */
  readonly start: number;
  /** As in {@linkcode Pending}. */
  readonly deadline: number;
  /** Gets the decision; null where nobody waits for it. */
  readonly resolve: ((decision: Decision) => void) | null;
}

/** A take on its way to the server. */
export class RedisTake implements Pending, RedisTakeSettings {
  readonly ends: TakeEnds;
  readonly name: string;
  readonly key: string;
  readonly n: number;
  readonly resolve: ((decision: Decision) => void) | null;
  readonly start: number;
  deadline: number;
  /** The take of the same key that comes next in the same call. */
  next: RedisTake | null = null;

  constructor(ends: TakeEnds, what: RedisTakeSettings) {
    this.ends = ends;
    this.name = what.name;
    this.key = what.key;
    this.n = what.n;
    this.resolve = what.resolve;
    this.start = what.start;
    this.deadline = what.deadline;
  }

  giveUp(isOverdue: boolean): void {
    this.ends.givenUp(this, isOverdue);
  }
}
