import { type Clock, systemClock } from "../../timeout/mod.ts";
import type { ByteSink, LineSink } from "./line_sink.ts";

/** Options of {@linkcode LineWriter}. */
export interface LineWriterOptions {
  /**
   * How long a line may lie in the buffer; 0 writes each one as soon as the sink is free.
   *
   * @default {100}
   */
  flushIntervalMs?: number;
  /**
   * From how many bytes on the buffer is written without waiting for the interval.
   *
   * @default {65536}
   */
  chunkBytes?: number;
  /**
   * How much may wait for a slow sink, in bytes as near as the length of a text tells. What comes on top
   * is dropped, and counted.
   *
   * @default {4194304}
   */
  maxBufferedBytes?: number;
  /**
   * How long `[Symbol.asyncDispose]` waits for the sink; what is left then is dropped, and counted.
   *
   * @default {2000}
   */
  closeTimeoutMs?: number;
  /** The clock of the interval. */
  clock?: Clock;
  /**
   * Gets what the sink throws. The lines of that write count as dropped.
   *
   * @default {nobody}
   */
  onError?: (error: unknown) => void;
}

const encoder = new TextEncoder();

/**
 * Collects lines and writes many at once, because a system call for each request would cost more than
 * the rest of its log line. Memory is bounded: when the sink cannot keep up, lines are dropped and
 * counted, and requests go on.
 *
 * A clean end disposes it; the sink stays open, for who opened it closes it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { LineWriter } from "@pingo/pingo/core";
 *
 * let text = "";
 * const sink = {
 *   write(bytes: Uint8Array): number {
 *     text += new TextDecoder().decode(bytes);
 *     return bytes.byteLength;
 *   },
 * };
 * {
 *   await using writer = new LineWriter(sink);
 *   writer.write("one");
 *   writer.write("two");
 * }
 * assertEquals(text, "one\ntwo\n");
 * ```
 */
export class LineWriter implements LineSink {
  readonly #sink: ByteSink;
  readonly #flushIntervalMs: number;
  readonly #chunkBytes: number;
  readonly #maxBufferedBytes: number;
  readonly #closeTimeoutMs: number;
  readonly #clock: Clock;
  readonly #onError: ((error: unknown) => void) | undefined;
  #text = "";
  #lines = 0;
  /** What the running write has taken out of the buffer. */
  #writingBytes = 0;
  #writingLines = 0;
  #writing: Promise<void> | null = null;
  #cancelTimer: (() => void) | null = null;
  #isFlushWanted = false;
  #droppedLines = 0;
  #isClosed = false;
  #closing: Promise<void> | null = null;

  /**
   * A writer with nothing in its buffer.
   *
   * @param sink where to write to; `Deno.stdout` when left out
   * @throws {RangeError} when a number is out of range
   */
  constructor(sink: ByteSink = Deno.stdout, options: LineWriterOptions = {}) {
    const {
      flushIntervalMs = 100,
      chunkBytes = 65_536,
      maxBufferedBytes = 4_194_304,
      closeTimeoutMs = 2_000,
      clock = systemClock,
      onError,
    } = options;
    checkRange("flushIntervalMs", flushIntervalMs, 0);
    checkRange("chunkBytes", chunkBytes, 1);
    checkRange("maxBufferedBytes", maxBufferedBytes, 1);
    checkRange("closeTimeoutMs", closeTimeoutMs, 0);
    this.#sink = sink;
    this.#flushIntervalMs = flushIntervalMs;
    this.#chunkBytes = chunkBytes;
    this.#maxBufferedBytes = maxBufferedBytes;
    this.#closeTimeoutMs = closeTimeoutMs;
    this.#clock = clock;
    this.#onError = onError;
  }

  /** How many lines were lost: the sink was too slow, failed, or the writer was closed. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Takes one line. Never waits, never throws. */
  write(line: string): void {
    const bytes = this.#text.length + this.#writingBytes + line.length + 1;
    if (this.#isClosed || bytes > this.#maxBufferedBytes) {
      this.#droppedLines++;
      return;
    }
    this.#text += line + "\n";
    this.#lines++;
    if (this.#writing === null) this.#plan();
  }

  /** Writes what lies in the buffer; resolves when the sink has taken it, or failed to. */
  async flush(): Promise<void> {
    // The write that runs has what came before; one more takes the rest.
    for (let rounds = this.#writing === null ? 1 : 2; rounds > 0; rounds--) {
      if (this.#lines > 0) this.#isFlushWanted = true;
      this.#plan();
      if (this.#writing !== null) await this.#writing;
    }
  }

  /** Flushes and takes no more lines. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#closing ??= this.#close();
  }

  /** Begins a write now, or sets the timer for it. */
  #plan(): void {
    if (this.#writing !== null || this.#lines === 0) return;
    const isDue = this.#isFlushWanted || this.#flushIntervalMs === 0 ||
      this.#text.length >= this.#chunkBytes;
    if (isDue) this.#writing = this.#drain();
    else this.#cancelTimer ??= this.#clock.setTimer(this.#onTimer, this.#flushIntervalMs);
  }

  readonly #onTimer = (): void => {
    this.#cancelTimer = null;
    this.#isFlushWanted = true;
    this.#plan();
  };

  async #drain(): Promise<void> {
    // A sink that throws at once must not come to the end of this before its promise is kept.
    await null;
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    this.#isFlushWanted = false;
    this.#writingBytes = this.#text.length;
    this.#writingLines = this.#lines;
    const bytes = encoder.encode(this.#text);
    this.#text = "";
    this.#lines = 0;
    try {
      for (let from = 0; from < bytes.byteLength;) {
        const taken = await this.#sink.write(bytes.subarray(from));
        if (!(taken > 0)) throw new TypeError("Cannot write log lines: the sink takes no bytes");
        from += taken;
      }
    } catch (error) {
      this.#droppedLines += this.#writingLines;
      this.#onError?.(error);
    } finally {
      this.#writingBytes = 0;
      this.#writingLines = 0;
      this.#writing = null;
      this.#plan();
    }
  }

  async #close(): Promise<void> {
    this.#isClosed = true;
    let giveUp = (): void => {};
    const late = new Promise<void>((resolve) => giveUp = resolve);
    const cancel = this.#clock.setTimer(giveUp, this.#closeTimeoutMs);
    await Promise.race([this.flush(), late]);
    cancel();
    // Nothing is left when the flush was first.
    this.#droppedLines += this.#lines + this.#writingLines;
    this.#text = "";
    this.#lines = 0;
    this.#writingLines = 0;
  }
}

function checkRange(name: string, value: number, least: number): void {
  if (!(value >= least && value < Infinity)) {
    throw new RangeError(`Cannot make a line writer: ${name} ${value} is not from ${least} on`);
  }
}
