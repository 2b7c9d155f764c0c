import { ProxyError } from "../../errors/mod.ts";
import type { Clock } from "../../timeout/mod.ts";
import type { EngineServer } from "./_engine_server.ts";
import type { InFlight } from "./_in_flight.ts";
import type { DrainReport } from "./listener.ts";

/**
 * Replies tell clients to go elsewhere, and the socket is closed only when nothing has come for so long:
 * a client that is just sending would lose its request.
 */
const QUIET_MS = 50;
/** The socket is closed after so long even if clients keep coming. */
const ACCEPT_MS = 500;
/**
 * How long idle connections may take to close. One of HTTP/1.1 takes no time; one of HTTP/2 closes when
 * its client has answered a ping, and a client that does not read never does (measured).
 */
const LINGER_MS = 500;
/** How long replies that were cut may take to leave. */
const CUT_MS = 500;

/** The stop of one listener, from the first `Connection: close` to the end. */
export class Drain {
  readonly #server: EngineServer;
  readonly #inFlight: InFlight;
  readonly #clock: Clock;
  readonly #due = Promise.withResolvers<void>();
  readonly #cancels = new Set<() => void>();
  #isOver = false;
  #report: Promise<DrainReport> | null = null;

  constructor(server: EngineServer, inFlight: InFlight, clock: Clock) {
    this.#server = server;
    this.#inFlight = inFlight;
    this.#clock = clock;
  }

  /** Begins, at the first call, and tells how it ended. */
  run(): Promise<DrainReport> {
    return this.#report ??= this.#run();
  }

  /** Sets one more deadline; the earliest counts. */
  setDeadline(deadlineMs: number, signal?: AbortSignal): void {
    if (this.#isOver) return;
    const { resolve } = this.#due;
    if (deadlineMs === 0 || signal?.aborted) return resolve();
    if (deadlineMs < Infinity) this.#cancels.add(this.#clock.setTimer(resolve, deadlineMs));
    if (signal === undefined) return;
    const onAbort = (): void => resolve();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#cancels.add(() => signal.removeEventListener("abort", onAbort));
  }

  async #run(): Promise<DrainReport> {
    const due = this.#due.promise;
    try {
      this.#server.hide();
      await Promise.race([this.#whenQuiet(), due]);
      const ended = this.#whenEnded(this.#server.stop());
      const isDue = await Promise.race([ended, due.then(() => true)]);
      if (isDue === true) await this.#cut(ended);
      return { cut: this.#inFlight.cutCount };
    } finally {
      this.#isOver = true;
      for (const cancel of this.#cancels) cancel();
    }
  }

  async #whenQuiet(): Promise<void> {
    const end = this.#clock.now() + ACCEPT_MS;
    let begun: number;
    do {
      begun = this.#inFlight.begun;
      await this.#wait(QUIET_MS);
      // In a busy process the timer comes late, and before the requests that have come meanwhile.
      await this.#wait(0);
    } while (this.#inFlight.begun > begun && this.#clock.now() < end);
  }

  /** The end of all exchanges, also of those that come before the connections have closed. */
  async #whenEnded(closed: Promise<void>): Promise<void> {
    do {
      await this.#inFlight.whenEmpty();
      await Promise.race([closed, this.#wait(LINGER_MS)]);
    } while (this.#inFlight.count > 0);
  }

  async #cut(ended: Promise<void>): Promise<void> {
    const reason = new ProxyError(
      "server_stopping",
      "Cannot finish the exchange: the time to stop is over",
    );
    this.#inFlight.cut(reason);
    await Promise.race([ended, this.#wait(CUT_MS)]);
    this.#server.cut?.();
    this.#inFlight.endAll(reason);
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.#cancels.add(this.#clock.setTimer(resolve, ms)));
  }
}
