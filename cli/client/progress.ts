import type { Body } from "../../core/mod.ts";
import type { Clock } from "../../timeout/mod.ts";
import { type Output, writeAll } from "../io.ts";

/** Shorter transfers show nothing. */
const DELAY_MS = 1_000;
const INTERVAL_MS = 200;

/** Options of {@linkcode Progress}. */
export interface ProgressOptions {
  /** Where the line is drawn, over and over. */
  readonly output: Output;
  /** What is going on: "sent" or "received". */
  readonly verb: string;
  /** How many bytes there will be, where it is known. */
  readonly total: number | undefined;
  /** The clock. */
  readonly clock: Clock;
}

/** One line that tells how far a long transfer is. */
export class Progress {
  readonly #options: ProgressOptions;
  readonly #start: number;
  #bytes = 0;
  #next: number;
  #isDrawn = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#start = options.clock.now();
    this.#next = this.#start + DELAY_MS;
  }

  /** Counts bytes, and draws the line when it is time. */
  async add(bytes: number): Promise<void> {
    this.#bytes += bytes;
    const now = this.#options.clock.now();
    if (now < this.#next) return;
    this.#next = now + INTERVAL_MS;
    this.#isDrawn = true;
    await writeAll(this.#options.output, `\r${this.#line(now - this.#start)}\x1b[K`);
  }

  /** Takes the line away. */
  async clear(): Promise<void> {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    await writeAll(this.#options.output, "\r\x1b[K");
  }

  #line(elapsedMs: number): string {
    const { verb, total } = this.#options;
    const perSecond = this.#bytes / (elapsedMs / 1000);
    const speed = `${formatBytes(perSecond)}/s`;
    if (total === undefined) return `${formatBytes(this.#bytes)} ${verb}, ${speed}`;
    const percent = total === 0 ? 100 : Math.floor(this.#bytes / total * 100);
    const left = Math.ceil((total - this.#bytes) / perSecond);
    return `${percent}% of ${formatBytes(total)} ${verb}, ${speed}, ${left} s left`;
  }
}

/** A body that tells a {@linkcode Progress} of what is read from it. */
export class ProgressBody implements Body {
  readonly length?: number;
  readonly #body: Body;
  readonly #progress: Progress;

  constructor(body: Body, progress: Progress) {
    this.#body = body;
    this.#progress = progress;
    this.length = body.length;
  }

  async read(): Promise<Uint8Array | null> {
    const chunk = await this.#body.read();
    await (chunk === null ? this.#progress.clear() : this.#progress.add(chunk.byteLength));
    return chunk;
  }

  cancel(reason?: unknown): void {
    this.#body.cancel(reason);
  }
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** 1234567 as `1.2 MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.95 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}
