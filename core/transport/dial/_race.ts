import type { Clock } from "../../../timeout/mod.ts";
import type { Cancel } from "../../http/mod.ts";

/** What {@linkcode race} needs. */
export interface RaceOptions<Conn> {
  /** Connects to one address; the signal tells that it is not wanted any more. */
  connect: (address: string, signal: AbortSignal) => Promise<Conn>;
  /** Closes a connection that came too late. */
  close: (conn: Conn) => void;
  cancel: Cancel;
  clock: Clock;
  /** How long one attempt may take before the next one begins beside it. */
  delayMs: number;
}

/**
 * Connects to the first of several addresses that answers (RFC 8305 §5): an attempt begins when the one
 * before has failed, or has taken too long. The losers are given up, and closed if they come after all.
 *
 * Rejects with the reason of the cancellation, or with an `AggregateError` of all failures.
 */
export function race<Conn>(
  addresses: readonly string[],
  options: RaceOptions<Conn>,
): Promise<Conn> {
  return new Promise((resolve, reject) => new Race(addresses, options, resolve, reject).begin());
}

class Race<Conn> {
  readonly #addresses: readonly string[];
  readonly #options: RaceOptions<Conn>;
  readonly #resolve: (conn: Conn) => void;
  readonly #reject: (reason: unknown) => void;
  readonly #controller = new AbortController();
  readonly #failures: unknown[] = [];
  #begun = 0;
  #isOver = false;
  #stopTimer = (): void => {};
  #forget = (): void => {};

  constructor(
    addresses: readonly string[],
    options: RaceOptions<Conn>,
    resolve: (conn: Conn) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#addresses = addresses;
    this.#options = options;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  begin(): void {
    this.#forget = this.#options.cancel.onCancel((reason) => {
      this.#end();
      this.#reject(reason);
    });
    if (this.#addresses.length === 0) this.#lose();
    else this.#next();
  }

  #next(): void {
    this.#stopTimer();
    if (this.#isOver || this.#begun === this.#addresses.length) return;
    const { connect, clock, delayMs } = this.#options;
    const address = this.#addresses[this.#begun++];
    if (this.#begun < this.#addresses.length) {
      this.#stopTimer = clock.setTimer(() => this.#next(), delayMs);
    }
    connect(address, this.#controller.signal).then(
      (conn) => this.#arrived(conn),
      (error) => this.#failed(error),
    );
  }

  #arrived(conn: Conn): void {
    if (this.#isOver) return this.#options.close(conn);
    this.#end();
    this.#resolve(conn);
  }

  #failed(error: unknown): void {
    if (this.#isOver) return;
    this.#failures.push(error);
    if (this.#failures.length === this.#addresses.length) this.#lose();
    else this.#next();
  }

  #lose(): void {
    this.#end();
    this.#reject(new AggregateError(this.#failures, "no address answers"));
  }

  #end(): void {
    this.#isOver = true;
    this.#stopTimer();
    this.#forget();
    this.#controller.abort();
  }
}
