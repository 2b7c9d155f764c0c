import type { Permit } from "./concurrency_gate.ts";

/** A permit that gives back once. */
export class OncePermit implements Permit {
  #giveBack: (() => void) | null;

  constructor(giveBack: () => void) {
    this.#giveBack = giveBack;
  }

  [Symbol.dispose](): void {
    const giveBack = this.#giveBack;
    this.#giveBack = null;
    giveBack?.();
  }
}

/** @throws {RangeError} if a limit of concurrency is not a whole number from 1 on */
export function checkConcurrency(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new RangeError(`Cannot limit concurrency to ${limit}: write a whole number from 1 on`);
  }
  return limit;
}
