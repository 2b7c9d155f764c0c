import { ProxyError } from "../../errors/mod.ts";
import type { TimerWheel } from "../../timeout/mod.ts";
import type { Cancel } from "../http/mod.ts";

interface Waiter<Turn> {
  readonly resolve: (turn: Turn) => void;
  readonly reject: (reason: unknown) => void;
  /** Takes back what would end the wait early. */
  readonly forget: () => void;
}

/** Options of {@linkcode WaitingQueue}. */
export interface WaitingQueueOptions {
  /** More do not wait: they are shed. */
  maxWaiting: number;
  /** How long a wait may take. */
  timeoutMs: number;
  wheel: TimerWheel;
}

/** Those who wait for their turn, in the order in which they came. */
export class WaitingQueue<Turn> {
  readonly #options: WaitingQueueOptions;
  readonly #waiters = new Set<Waiter<Turn>>();

  constructor(options: WaitingQueueOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Waits for a turn.
   *
   * Rejects with `overloaded` when too many wait, `pool_timeout` when it takes too long, or the reason of
   * the cancellation.
   */
  wait(address: string, cancel: Cancel): Promise<Turn> {
    const { maxWaiting, timeoutMs, wheel } = this.#options;
    if (this.#waiters.size >= maxWaiting) {
      return Promise.reject(
        new ProxyError(
          "overloaded",
          `Cannot wait for a connection to ${address}: the queue is full`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      const leave = (reason: unknown): void => {
        if (this.#waiters.delete(waiter)) reject(reason);
        forget();
      };
      const timer = wheel.timer(() => {
        const state = `none became free in ${timeoutMs} ms`;
        leave(new ProxyError("pool_timeout", `Cannot get a connection to ${address}: ${state}`));
      });
      let forgetCancel = (): void => {};
      const forget = (): void => {
        timer.disarm();
        forgetCancel();
      };
      const waiter: Waiter<Turn> = { resolve, reject, forget };
      this.#waiters.add(waiter);
      timer.arm(timeoutMs);
      forgetCancel = cancel.onCancel(leave);
    });
  }

  /** Gives the one who waits longest its turn; false when nobody waits. */
  give(turn: Turn): boolean {
    const [first] = this.#waiters;
    if (first === undefined) return false;
    this.#waiters.delete(first);
    first.forget();
    first.resolve(turn);
    return true;
  }

  /** Turns everybody away. */
  clear(reason: unknown): void {
    for (const waiter of this.#waiters) {
      waiter.forget();
      waiter.reject(reason);
    }
    this.#waiters.clear();
  }
}
