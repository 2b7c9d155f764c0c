import { type Clock, systemClock } from "../../../timeout/mod.ts";

/** Who has read a request and waits for its turn. */
export interface TurnTaker {
  /** It is its turn: called once for each time that it had to wait. */
  takeTurn(): void;
}

/** Options of {@linkcode RequestTurns}. */
export interface RequestTurnsOptions {
  /**
   * Runs the turns. Not the clock of timeouts: a turn is one of the event loop.
   * @default {systemClock}
   */
  clock?: Clock;
}

/**
 * So many exchanges may be on their way before anybody waits, and so many may begin in a turn or in a quiet
 * time: two reads for each leave a quarter of the 128 to those who were not read yet.
 */
const AT_ONCE = 48;
/** Who begins later than this behind the last count begins in a quiet time: a full turn takes less. */
const QUIET_MS = 5;
/** The queue is cut off in front when so many places there are free. */
const SHIFT_AT = 1_024;

/**
 * Lets requests begin in the order in which they were read, a few in each turn of the event loop.
 *
 * Deno (2.9) completes at most 128 reads in a turn, as many as a tokio task has budget for, and sockets that
 * have just become ready come before those that got nothing the last time. Once 128 clients keep it busy,
 * nobody else is read from at all (docs/performance.md). So no more begin than leave some of these reads
 * over: then all requests get read, and wait here, where first come is first served.
 *
 * While few exchanges are on their way, or few began of late, nobody waits and nothing is timed.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RequestTurns } from "@pingo/pingo/core";
 *
 * using turns = new RequestTurns();
 * const taker = { takeTurn: () => {} };
 * assertEquals(turns.enter(taker), true);
 * turns.leave();
 * assertEquals(turns.waiting, 0);
 * ```
 */
export class RequestTurns {
  readonly #clock: Clock;
  #waiting: TurnTaker[] = [];
  #first = 0;
  #inFlight = 0;
  /** How many began since the last turn, or since the quiet time began. */
  #begun = 0;
  #countedSince = 0;
  #isFilling = false;
  #stopTimer: (() => void) | null = null;
  readonly #turn = (): void => this.#next();

  /** Turns of which nobody has taken one yet. */
  constructor(options: RequestTurnsOptions = {}) {
    const { clock = systemClock } = options;
    this.#clock = clock;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#waiting.length - this.#first;
  }

  /** Whether a request may begin now; if not, its turn comes. Who may begin has to {@linkcode RequestTurns.leave}. */
  enter(taker: TurnTaker): boolean {
    if (this.waiting === 0 && (this.#inFlight < AT_ONCE || this.#isQuiet())) {
      this.#inFlight++;
      this.#begun++;
      return true;
    }
    this.#waiting.push(taker);
    this.#stopTimer ??= this.#clock.setTimer(this.#turn, 0);
    return false;
  }

  /** An exchange that began is over. */
  leave(): void {
    this.#inFlight--;
    // One that was closed meanwhile leaves as soon as it is its turn: a loop, not a call within a call.
    if (this.#isFilling) return;
    this.#isFilling = true;
    // The system would be idle until the next turn.
    while (this.#inFlight < AT_ONCE && this.waiting > 0) this.#begin();
    this.#isFilling = false;
  }

  /** Those that wait may all begin: nothing is timed any more. */
  [Symbol.dispose](): void {
    this.#stopTimer?.();
    this.#stopTimer = null;
    while (this.waiting > 0) this.#begin();
  }

  #isQuiet(): boolean {
    const now = this.#clock.now();
    if (now - this.#countedSince >= QUIET_MS) {
      this.#countedSince = now;
      this.#begun = 0;
    }
    return this.#begun < AT_ONCE;
  }

  #next(): void {
    this.#stopTimer = null;
    const mayBegin = AT_ONCE - this.#begun;
    this.#begun = 0;
    this.#countedSince = this.#clock.now();
    for (let i = 0; i < mayBegin && this.waiting > 0; i++) this.#begin();
    this.#begun = 0;
    if (this.waiting > 0) this.#stopTimer ??= this.#clock.setTimer(this.#turn, 0);
  }

  #begin(): void {
    const taker = this.#waiting[this.#first++];
    if (this.#first === this.#waiting.length) {
      this.#waiting.length = this.#first = 0;
    } else if (this.#first === SHIFT_AT) {
      this.#waiting.splice(0, SHIFT_AT);
      this.#first = 0;
    }
    this.#inFlight++;
    this.#begun++;
    taker.takeTurn();
  }
}
