import type { CircuitPermit } from "./circuit_permit.ts";
import type { TripCounter } from "./trip_strategy.ts";

/** What permits need of their breaker. */
export interface PermitOwner {
  trip(error: unknown): void;
  probeSucceeded(): void;
}

/** The one permit of a time in which the circuit is closed. */
export class ClosedPermit implements CircuitPermit {
  isCurrent = true;
  readonly #owner: PermitOwner;
  readonly #counter: TripCounter;

  constructor(owner: PermitOwner, counter: TripCounter) {
    this.#owner = owner;
    this.#counter = counter;
  }

  succeeded(): void {
    if (this.isCurrent) this.#counter.succeeded();
  }

  failed(error?: unknown): void {
    if (this.isCurrent && this.#counter.failed()) this.#owner.trip(error);
  }

  release(): void {}

  [Symbol.dispose](): void {}
}

/** One half-open time. */
export class ProbeRound {
  isCurrent = true;
  /** Probes that are on their way or have succeeded. */
  taken = 0;
  succeeded = 0;
  lastTakenAt = 0;
}

/** Leave for one probe. */
export class ProbePermit implements CircuitPermit {
  #isSettled = false;
  readonly #owner: PermitOwner;
  readonly #round: ProbeRound;

  constructor(owner: PermitOwner, round: ProbeRound) {
    this.#owner = owner;
    this.#round = round;
  }

  succeeded(): void {
    if (this.#settle()) this.#owner.probeSucceeded();
  }

  failed(error?: unknown): void {
    if (this.#settle()) this.#owner.trip(error);
  }

  release(): void {
    if (this.#settle()) this.#round.taken--;
  }

  [Symbol.dispose](): void {
    this.release();
  }

  /** @returns whether what it tells still matters */
  #settle(): boolean {
    if (this.#isSettled) return false;
    this.#isSettled = true;
    return this.#round.isCurrent;
  }
}
