import type { Clock } from "../../timeout/mod.ts";

/** On Windows there is no SIGTERM to listen to; Ctrl+Break is the nearest. */
const SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** What a shell reports for a process that the signal ended: 128 and its number. */
const EXIT_CODES: Readonly<Partial<Record<Deno.Signal, number>>> = {
  SIGINT: 130,
  SIGBREAK: 149,
  SIGTERM: 143,
};

/**
 * Ctrl-C in a terminal reaches a program twice when another one stands between, which passes it on
 * (measured with `deno task`): what comes so soon is the same wish.
 */
const SAME_MS = 100;

/** The signals by which an operator stops a process, while this is not disposed of. */
export class StopSignals implements Disposable {
  readonly #first = Promise.withResolvers<Deno.Signal>();
  readonly #second = Promise.withResolvers<number>();
  readonly #listeners = new Map<Deno.Signal, () => void>();
  readonly #clock: Clock;
  #firstAt: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    for (const signal of SIGNALS) {
      const listener = (): void => this.#receive(signal);
      Deno.addSignalListener(signal, listener);
      this.#listeners.set(signal, listener);
    }
  }

  /** Settles with the first one: stop when you are ready. */
  get first(): Promise<Deno.Signal> {
    return this.#first.promise;
  }

  /** Settles at the second one, with the exit code for it: stop now. */
  get second(): Promise<number> {
    return this.#second.promise;
  }

  #receive(signal: Deno.Signal): void {
    const now = this.#clock.now();
    if (this.#firstAt === null) {
      this.#firstAt = now;
      this.#first.resolve(signal);
    } else if (now - this.#firstAt >= SAME_MS) this.#second.resolve(EXIT_CODES[signal] ?? 1);
  }

  [Symbol.dispose](): void {
    for (const [signal, listener] of this.#listeners) Deno.removeSignalListener(signal, listener);
    this.#listeners.clear();
  }
}
