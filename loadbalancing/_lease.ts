import type { AttemptOutcome, Exchange, Peer } from "../core/mod.ts";
import type { Listeners } from "./_listeners.ts";
import type { Algorithm } from "./algorithm.ts";
import type { Backend } from "./backend.ts";
import type { BackendSelection } from "./backend_selection.ts";
import { resultOf } from "./outcome.ts";

type OutcomeListeners = Listeners<[backend: Backend, outcome: AttemptOutcome]>;

/**
 * A backend that was chosen. The one object that a choice makes: `settle` is a method, not a closure, so it
 * is called on its selection.
 */
export class Lease implements BackendSelection {
  readonly peer: Peer;
  readonly backend: Backend;
  readonly #exchange: Exchange;
  readonly #algorithm: Algorithm<Backend>;
  readonly #listeners: OutcomeListeners;
  #isSettled = false;

  constructor(
    backend: Backend,
    exchange: Exchange,
    algorithm: Algorithm<Backend>,
    listeners: OutcomeListeners,
  ) {
    this.peer = backend.peer;
    this.backend = backend;
    this.#exchange = exchange;
    this.#algorithm = algorithm;
    this.#listeners = listeners;
    backend.acquire();
  }

  settle(outcome: AttemptOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { backend } = this;
    const result = resultOf(outcome);
    const latencyMs = outcome.status === null ? outcome.durationMs : this.#timeToHead(outcome);
    if (outcome.status === null) backend.release(result);
    else backend.release(result, latencyMs);
    try {
      if (this.#algorithm.observe !== undefined) {
        this.#algorithm.observe(backend, { latencyMs, result });
      }
    } finally {
      if (this.#listeners.size > 0) this.#listeners.call(backend, outcome);
    }
  }

  /** A long download or a tunnel of hours says nothing about how fast a server answers. */
  #timeToHead({ durationMs }: AttemptOutcome): number {
    const { upstreamStart, upstreamHead } = this.#exchange.timings;
    return upstreamStart >= 0 && upstreamHead >= upstreamStart
      ? upstreamHead - upstreamStart
      : durationMs;
  }
}
