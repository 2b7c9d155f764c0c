import { ProxyError } from "../../errors/mod.ts";
import { CancelSource, type Peer, untilCancelled } from "../../core/mod.ts";
import type { Clock } from "../../timeout/mod.ts";
import type { HealthCheck, HealthCheckFunction } from "./health_check.ts";
import type { RiseFall } from "./rise_fall.ts";
import type { CheckedBackend } from "./watched_set.ts";

/** What all probes of a checker have in common. */
export interface ProbeSettings {
  readonly check: HealthCheck | HealthCheckFunction;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** The checks of one backend. */
export class Probe<Backend extends CheckedBackend> {
  readonly backend: Backend;
  readonly state: RiseFall;
  readonly #settings: ProbeSettings;
  readonly #peer: Peer;
  readonly #cancel = new CancelSource();
  /** Takes back what is to start the next check. */
  unschedule: () => void = () => {};
  checks = 0;
  failures = 0;
  /** Of the last check: milliseconds since 1970, its duration, why it failed (null when it passed). */
  lastAt: number | null = null;
  lastMs: number | null = null;
  lastReason: string | null = null;

  constructor(backend: Backend, state: RiseFall, settings: ProbeSettings) {
    this.backend = backend;
    this.state = state;
    this.#peer = backend.peer;
    this.#settings = settings;
  }

  get isEnded(): boolean {
    return this.#cancel.cancelled;
  }

  /** Whether it is that peer which it checks. */
  isAt(peer: Peer): boolean {
    return peer === this.#peer || JSON.stringify(peer) === JSON.stringify(this.#peer);
  }

  /** Ends it, with the check that may be running. */
  end(): void {
    this.unschedule();
    this.#cancel.cancel(
      new ProxyError("server_stopping", "Cannot go on with a health check: ended"),
    );
  }

  /**
   * Checks once.
   *
   * @returns whether it passed; null when the probe was ended meanwhile
   */
  async run(): Promise<boolean | null> {
    const { clock } = this.#settings;
    const start = clock.now();
    const startEpoch = clock.epoch();
    const reason = await this.#failure();
    if (this.isEnded) return null;
    this.checks++;
    if (reason !== null) this.failures++;
    this.lastAt = startEpoch;
    this.lastMs = clock.now() - start;
    this.lastReason = reason;
    return reason === null;
  }

  /** Why a check fails; null when it passes. */
  async #failure(): Promise<string | null> {
    const { clock, timeoutMs } = this.#settings;
    const cancel = new CancelSource();
    const forget = this.#cancel.onCancel((reason) => cancel.cancel(reason));
    const stopTimer = clock.setTimer(() => {
      cancel.cancel(new ProxyError("upstream_timeout", `Cannot finish in time: ${timeoutMs} ms`));
    }, timeoutMs);
    try {
      const isGood = await untilCancelled(this.#check(cancel), cancel);
      return isGood === false ? "the check says no" : null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      stopTimer();
      forget();
    }
  }

  /** A function that throws at once rejects too. */
  async #check(cancel: CancelSource): Promise<boolean | void> {
    const { check } = this.#settings;
    const peer = this.#peer;
    const { id } = this.backend;
    if (typeof check === "function") return await check(peer, { id, cancel });
    return await check.check(peer, { id, cancel });
  }
}
