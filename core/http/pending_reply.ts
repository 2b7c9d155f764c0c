import type { Reply } from "./reply.ts";

/** Who waits for a reply without a promise: made once for many, or what carries the exchange anyway. */
export interface ReplyReceiver {
  /** The reply is there. Must not throw. */
  replied(reply: Reply): void;
  /** There is none. Must not throw. */
  failed(error: unknown): void;
}

/**
 * A reply that is to come. To everybody it is a promise, made when somebody asks for one; who hands himself
 * over is called back at once instead, which saves a promise, two closures and a turn of the queue at each
 * step from an upstream to its client. What follows happens in the async context of who settles it: an
 * upstream's connection does so {@linkcode apart}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { PendingReply, reply } from "@pingo/pingo/core";
 *
 * const pending = new PendingReply();
 * const seen: number[] = [];
 * pending.handTo({ replied: ({ status }) => seen.push(status), failed() {} });
 * pending.resolve(reply(200));
 * assertEquals(seen, [200]);
 * assertEquals((await pending).status, 200);
 * ```
 */
export class PendingReply implements Promise<Reply> {
  #reply: Reply | null = null;
  #hasFailed = false;
  #error: unknown = undefined;
  #receiver: ReplyReceiver | null = null;
  #promise: Promise<Reply> | null = null;

  static {
    // Who asks whether it is a promise, by `instanceof`, asks how to use it.
    Object.setPrototypeOf(PendingReply.prototype, Promise.prototype);
  }

  /** What a promise calls itself. */
  get [Symbol.toStringTag](): string {
    return "PendingReply";
  }

  /** The reply is there; only the first end counts. */
  resolve(reply: Reply): void {
    if (this.#isSettled) return;
    this.#reply = reply;
    const receiver = this.#receiver;
    this.#receiver = null;
    receiver?.replied(reply);
  }

  /** There will be none; only the first end counts. Nobody has to listen: that is no unhandled rejection. */
  reject(error: unknown): void {
    if (this.#isSettled) return;
    this.#hasFailed = true;
    this.#error = error;
    const receiver = this.#receiver;
    this.#receiver = null;
    receiver?.failed(error);
  }

  /** Calls one receiver at the end, or at once when that has passed. Others get it by the promise. */
  handTo(receiver: ReplyReceiver): void {
    if (this.#reply !== null) receiver.replied(this.#reply);
    else if (this.#hasFailed) receiver.failed(this.#error);
    else if (this.#receiver === null) this.#receiver = receiver;
    else this.#receiver = new Both(this.#receiver, receiver);
  }

  /** As of any promise. */
  then<A = Reply, B = never>(
    onReply?: ((reply: Reply) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#asPromise().then(onReply, onError);
  }

  /** As of any promise. */
  catch<B = never>(
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<Reply | B> {
    return this.#asPromise().catch(onError);
  }

  /** As of any promise. */
  finally(onEnd?: (() => void) | null): Promise<Reply> {
    return this.#asPromise().finally(onEnd);
  }

  get #isSettled(): boolean {
    return this.#reply !== null || this.#hasFailed;
  }

  #asPromise(): Promise<Reply> {
    return this.#promise ??= new Promise((replied, failed) => this.handTo({ replied, failed }));
  }
}

/** Two receivers as one. */
class Both implements ReplyReceiver {
  readonly #first: ReplyReceiver;
  readonly #second: ReplyReceiver;

  constructor(first: ReplyReceiver, second: ReplyReceiver) {
    this.#first = first;
    this.#second = second;
  }

  replied(reply: Reply): void {
    this.#first.replied(reply);
    this.#second.replied(reply);
  }

  failed(error: unknown): void {
    this.#first.failed(error);
    this.#second.failed(error);
  }
}
