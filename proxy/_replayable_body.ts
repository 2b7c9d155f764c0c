import type { Body, HeaderMap } from "../core/mod.ts";

/**
 * A request body that several attempts may send: what was read is kept up to a limit, and an attempt
 * begins with it. Beyond the limit nothing is kept, and the exchange cannot be tried again once an
 * attempt has read.
 */
export class ReplayableBody {
  readonly #source: Body;
  readonly #maxBytes: number;
  #kept: Uint8Array[] = [];
  #keptCount = 0;
  #keptBytes = 0;
  #isTruncated = false;
  #pending: Promise<Uint8Array | null> | null = null;
  #attempt: AttemptBody | null = null;

  constructor(source: Body, maxBytes: number) {
    this.#source = source;
    this.#maxBytes = maxBytes;
  }

  /** Whether another attempt would send the whole content. */
  get canReplay(): boolean {
    return !this.#isTruncated;
  }

  /** The body for the next attempt; the one of the attempt before is dead from now on. */
  attempt(): Body {
    this.#attempt?.detach();
    this.#attempt = new AttemptBody(this, this.#source.length);
    return this.#attempt;
  }

  get trailers(): HeaderMap | null {
    return this.#source.trailers ?? null;
  }

  /** The chunk number `at` for an attempt. */
  chunk(at: number): Promise<Uint8Array | null> {
    if (at < this.#keptCount) return Promise.resolve(this.#kept[at]);
    if (this.#isTruncated) this.#kept = NOTHING;
    // An attempt that died in a read leaves it pending: the next one takes over what it brings.
    return this.#pending ??= this.#pull();
  }

  /** Whether the chunk number `at` is there without waiting. */
  isReady(at: number): boolean {
    return at < this.#keptCount || (this.#pending === null && this.#source.isReady === true);
  }

  /** All of the content at once, for an attempt that has read nothing; -1 where it is not at hand. */
  readInto(to: Uint8Array, at: number): number {
    if (this.#keptCount > 1 || this.#pending !== null) return -1;
    const { length } = this.#source;
    if (length === undefined || length > this.#maxBytes) return -1;
    if (this.#keptCount === 1) {
      const [whole] = this.#kept;
      if (whole.byteLength !== length || to.byteLength - at < length) return -1;
      to.set(whole, at);
      return length;
    }
    const count = this.#source.readInto?.(to, at) ?? -1;
    if (count <= 0) return count;
    this.#kept.push(to.slice(at, at + count));
    this.#keptCount = 1;
    this.#keptBytes = count;
    return count;
  }

  /** Gives the rest of the source up. */
  cancel(reason: unknown): void {
    this.#isTruncated = true;
    this.#source.cancel(reason);
  }

  async #pull(): Promise<Uint8Array | null> {
    try {
      const chunk = await this.#source.read();
      if (chunk === null || this.#isTruncated) return chunk;
      // The chunk that goes over the limit is kept too: whose read brought it may be dead, and the
      // attempt that is alive must not miss it.
      this.#keptBytes += chunk.byteLength;
      this.#isTruncated = this.#keptBytes > this.#maxBytes;
      const copy = chunk.slice();
      this.#kept.push(copy);
      this.#keptCount++;
      return copy;
    } finally {
      this.#pending = null;
    }
  }
}

const NOTHING: Uint8Array[] = [];

/** The view of one attempt. */
class AttemptBody implements Body {
  readonly length?: number;
  #from: ReplayableBody | null;
  #at = 0;

  constructor(from: ReplayableBody, length: number | undefined) {
    this.#from = from;
    this.length = length;
  }

  get trailers(): HeaderMap | null {
    return this.#from?.trailers ?? null;
  }

  get isReady(): boolean {
    return this.#from?.isReady(this.#at) ?? false;
  }

  readInto(to: Uint8Array, at: number): number {
    if (this.#from === null || this.#at > 0) return -1;
    const count = this.#from.readInto(to, at);
    if (count >= 0) this.#at = 1;
    return count;
  }

  async read(): Promise<Uint8Array | null> {
    const from = this.#from;
    if (from === null) throw new TypeError("Cannot read the request body: its attempt is over");
    const chunk = await from.chunk(this.#at);
    if (this.#from === null) {
      throw new TypeError("Cannot read the request body: its attempt is over");
    }
    this.#at++;
    return chunk;
  }

  /** The attempt is over; the source stays for the next one. */
  cancel(): void {
    this.#from = null;
  }

  detach(): void {
    this.#from = null;
  }
}
