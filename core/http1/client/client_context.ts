import type { TimerWheel } from "../../../timeout/mod.ts";
import { CoarseClock } from "./_coarse_clock.ts";
import { ResponseSlots } from "./_response_slot.ts";

/** Options of {@linkcode ClientContext}. */
export interface ClientContextOptions {
  /** Runs the timeouts. */
  wheel: TimerWheel;
  /**
   * How many bytes the head of a response may have.
   *
   * @default {65536}
   */
  maxHeadBytes?: number;
  /**
   * How many field lines it may have.
   *
   * @default {128}
   */
  maxFields?: number;
  /**
   * How long an upstream may take none of the bytes that are sent to it.
   *
   * @default {30000}
   */
  writeTimeoutMs?: number;
  /**
   * How long the content of a request with `Expect: 100-continue` is held back for the upstream's word.
   *
   * @default {1000}
   */
  continueTimeoutMs?: number;
}

/** Response slots beyond these are left to the garbage collector. */
const MAX_FREE_SLOTS = 1_024;

/** What the client connections of one transport have in common. */
export class ClientContext {
  readonly wheel: TimerWheel;
  readonly clock: CoarseClock;
  readonly slots: ResponseSlots;
  readonly writeTimeoutMs: number;
  readonly continueTimeoutMs: number;

  /** @throws {RangeError} when a time is not above zero, or a limit not a whole number above zero */
  constructor(options: ClientContextOptions) {
    const { wheel, writeTimeoutMs = 30_000, continueTimeoutMs = 1_000 } = options;
    const { maxHeadBytes = 65_536, maxFields = 128 } = options;
    checkTime("writeTimeoutMs", writeTimeoutMs);
    checkTime("continueTimeoutMs", continueTimeoutMs);
    this.wheel = wheel;
    this.clock = new CoarseClock(wheel);
    this.slots = new ResponseSlots({ maxHeadBytes, maxFields }, MAX_FREE_SLOTS);
    this.writeTimeoutMs = writeTimeoutMs;
    this.continueTimeoutMs = continueTimeoutMs;
  }
}

function checkTime(name: string, ms: number): void {
  if (ms > 0) return;
  throw new RangeError(`Cannot create the transport: ${name} is ${ms}, not above zero`);
}
