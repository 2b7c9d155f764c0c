/** Windows has the signal for a window that is closed, and nobody sends it for more than that. */
const HAS_SIGNAL = Deno.build.os !== "windows";

/** Calls a function for each SIGHUP, by which an operator says that files have changed, while it is not disposed of. */
export class ReloadSignal implements Disposable {
  readonly #listener: () => void;

  constructor(onSignal: () => void) {
    this.#listener = () => onSignal();
    if (HAS_SIGNAL) Deno.addSignalListener("SIGHUP", this.#listener);
  }

  [Symbol.dispose](): void {
    if (HAS_SIGNAL) Deno.removeSignalListener("SIGHUP", this.#listener);
  }
}
