import type { Duplex } from "../../core/http1/mod.ts";
import { bytesOf, textOf } from "./_latin1.ts";

/** What can happen to a connection at one of its calls. */
export type Fault =
  /** The client's system answers with a reset: nothing works any more. */
  | "reset"
  /** What Deno makes of a reset that comes while it reads: an end, and writes that fail. */
  | "vanish"
  /** The client ends its direction and still reads. */
  | "half-close"
  /** The client stands still: it sends nothing, and takes nothing that is written. */
  | "stall";

/** One call that the server makes. */
export type DuplexCall = "read" | "write" | "closeWrite";

/** Options of {@linkcode MemoryDuplex}. */
export interface MemoryDuplexOptions {
  /** How many bytes a read gives at most. */
  readonly maxRead?: number;
  /** How many bytes a write takes at most. */
  readonly maxWrite?: number;
  /**
   * Turns of the queue of promises that a write takes. Its bytes are looked at behind them: who has written
   * something else there by then has given a buffer away too early.
   */
  readonly writeTurns?: number;
  /** Asked before each call of the server, with its number from 0 on. */
  readonly fault?: (number: number, call: DuplexCall) => Fault | undefined;
}

interface Waiting {
  readonly into: Uint8Array;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A connection without a socket: the server has it as its `Duplex`, the test is the client. It behaves
 * as `Deno.Conn` does: reads wait in a queue, a close rejects what waits, a second close throws.
 */
export class MemoryDuplex implements Duplex {
  readonly #options: MemoryDuplexOptions;
  readonly #pieces: Uint8Array[] = [];
  readonly #readers: Waiting[] = [];
  readonly #writers: PromiseWithResolvers<void>[] = [];
  readonly #out: string[] = [];
  #hasClientEnded = false;
  #isReset = false;
  #isGone = false;
  #isSilent = false;
  #isStalled = false;
  /** What each write of the server took. */
  readonly writes: string[] = [];
  /** Calls of the server so far. */
  calls = 0;
  /** Whether the server has ended its direction. */
  hasServerEnded = false;
  /** Whether the server has closed the connection. */
  isClosed = false;

  constructor(options: MemoryDuplexOptions = {}) {
    this.#options = options;
  }

  // The client.

  /** Sends bytes; one read of the server gives no more than one piece. */
  send(data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? bytesOf(data) : data;
    if (bytes.byteLength > 0) this.#pieces.push(bytes);
    this.#serve();
  }

  /** Ends the client's direction. */
  end(): void {
    this.#hasClientEnded = true;
    this.#serve();
  }

  /** Takes no more bytes, until {@linkcode MemoryDuplex.resume}; sends on. */
  stall(): void {
    this.#isStalled = true;
  }

  /** Takes bytes again. */
  resume(): void {
    this.#isStalled = false;
    for (const { resolve } of this.#writers.splice(0)) resolve();
  }

  /** Something happens to the connection now, and not at a call of the server. */
  fail(fault: Fault): void {
    this.#suffer(fault);
  }

  /** What the server has sent so far. */
  get received(): string {
    if (this.#out.length > 1) this.#out.splice(0, this.#out.length, this.#out.join(""));
    return this.#out[0] ?? "";
  }

  // The server.

  read(into: Uint8Array): Promise<number | null> {
    const fault = this.#faultAt("read");
    if (fault !== undefined) this.#suffer(fault);
    if (this.isClosed) return Promise.reject(closedError());
    if (this.#isReset) return Promise.reject(resetError());
    return new Promise((resolve, reject) => {
      this.#readers.push({ into, resolve, reject });
      this.#serve();
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    const fault = this.#faultAt("write");
    if (fault !== undefined) this.#suffer(fault);
    if (this.isClosed) return Promise.reject(closedError());
    if (this.#isReset) return Promise.reject(resetError());
    if (this.#isGone || this.hasServerEnded) return Promise.reject(pipeError());
    if (this.#isStalled) return this.#whenTaken().then(() => this.#append(bytes));
    const { writeTurns = 0 } = this.#options;
    return writeTurns > 0
      ? this.#appendLater(bytes, writeTurns)
      : Promise.resolve(this.#append(bytes));
  }

  async #appendLater(bytes: Uint8Array, turns: number): Promise<number> {
    for (let turn = 0; turn < turns && !this.isClosed; turn++) await null;
    if (this.isClosed) throw closedError();
    if (this.#isReset) throw resetError();
    if (this.#isGone) throw pipeError();
    if (this.#isStalled) await this.#whenTaken();
    return this.#append(bytes);
  }

  #faultAt(call: DuplexCall): Fault | undefined {
    const number = this.calls++;
    return this.#options.fault?.(number, call);
  }

  #append(bytes: Uint8Array): number {
    const count = Math.min(bytes.byteLength, this.#options.maxWrite ?? Infinity);
    const text = textOf(bytes.subarray(0, count));
    this.#out.push(text);
    this.writes.push(text);
    return count;
  }

  closeWrite(): Promise<void> {
    const fault = this.#faultAt("closeWrite");
    if (fault !== undefined) this.#suffer(fault);
    if (this.isClosed) return Promise.reject(closedError());
    if (this.#isReset || this.#isGone) return Promise.reject(pipeError());
    if (this.#isStalled) return this.#whenTaken().then(() => this.#endServer());
    return Promise.resolve(this.#endServer());
  }

  #endServer(): void {
    this.hasServerEnded = true;
  }

  #whenTaken(): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    this.#writers.push(waiting);
    return waiting.promise;
  }

  close(): void {
    if (this.isClosed) throw closedError();
    this.isClosed = true;
    this.#breakOff(closedError());
  }

  #suffer(fault: Fault): void {
    if (fault === "stall") {
      this.#isStalled = this.#isSilent = true;
    } else if (fault === "reset") {
      this.#isReset = true;
      this.#breakOff(resetError());
    } else {
      this.#pieces.length = 0;
      this.#hasClientEnded = true;
      this.#isGone = fault === "vanish";
      if (this.#isGone) this.#rejectWriters(pipeError());
      this.#serve();
    }
  }

  #breakOff(error: Error): void {
    for (const { reject } of this.#readers.splice(0)) reject(error);
    this.#rejectWriters(error);
  }

  #rejectWriters(error: Error): void {
    for (const { reject } of this.#writers.splice(0)) reject(error);
  }

  #serve(): void {
    if (this.#isSilent) return;
    while (this.#readers.length > 0) {
      if (this.#pieces.length === 0 && !this.#hasClientEnded) return;
      const reader = this.#readers.shift();
      if (reader !== undefined) reader.resolve(this.#take(reader.into));
    }
  }

  #take(into: Uint8Array): number | null {
    const piece = this.#pieces.shift();
    if (piece === undefined) return null;
    const count = Math.min(into.byteLength, piece.byteLength, this.#options.maxRead ?? Infinity);
    into.set(piece.subarray(0, count));
    if (count < piece.byteLength) this.#pieces.unshift(piece.subarray(count));
    return count;
  }
}

function closedError(): Error {
  return new Deno.errors.BadResource("Bad resource ID");
}

function resetError(): Error {
  return new Deno.errors.ConnectionReset("Connection reset by peer (os error 104)");
}

function pipeError(): Error {
  return new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
}
