import { ProxyError } from "../../errors/mod.ts";
import type { Backoff } from "../retry/backoff.ts";
import type { Clock } from "../clock.ts";
import { checkDuration } from "../_duration.ts";
import { checkFiniteMs, checkWhole } from "../_number.ts";
import { pauseOf } from "../retry/_pause.ts";
import type { CircuitPermit } from "./circuit_permit.ts";
import type { CircuitListener, CircuitSnapshot, CircuitState } from "./circuit_state.ts";
import { Listeners } from "./_listeners.ts";
import { ClosedPermit, type PermitOwner, ProbePermit, ProbeRound } from "./_permits.ts";
import { savedCount, savedNumber, savedObject } from "./_saved.ts";
import type { TripCounter, TripStrategy } from "./trip_strategy.ts";

interface CircuitSettings {
  readonly trip: TripStrategy;
  readonly openMs: number | Backoff;
  readonly halfOpenProbes: number;
  readonly probeTimeoutMs: number;
  readonly clock: Clock;
}

/** The state machine of a circuit breaker. */
export class Circuit implements PermitOwner {
  /** The permit of every call while the circuit is closed, else null. */
  closedPermit: ClosedPermit | null = null;
  /** The failure that opened the circuit last. */
  lastError: unknown = undefined;
  readonly #settings: CircuitSettings;
  readonly #openMsOf: Backoff;
  readonly #counter: TripCounter;
  readonly #listeners = new Listeners();
  #state: CircuitState = "closed";
  #round = new ProbeRound();
  #openUntil = 0;
  #openMs = 0;
  #openings = 0;
  #holds = 0;

  constructor(settings: CircuitSettings) {
    const { trip, openMs, halfOpenProbes, probeTimeoutMs, clock } = settings;
    const action = "create CircuitBreaker";
    checkWhole(action, "halfOpenProbes", halfOpenProbes, 1);
    checkDuration(action, probeTimeoutMs);
    if (typeof openMs === "number") checkFiniteMs(action, "openMs", openMs);
    this.#settings = settings;
    this.#openMsOf = typeof openMs === "number" ? () => openMs : openMs;
    this.#counter = trip.start(clock);
    this.closedPermit = new ClosedPermit(this, this.#counter);
  }

  get state(): CircuitState {
    return this.#state;
  }

  get isCallable(): boolean {
    if (this.#state === "closed") return true;
    if (this.#state === "open") return this.retryAfterMs === 0;
    if (this.#state !== "half_open") return false;
    // Overdue probes are found out by the next call: who asks first must make it.
    return this.#round.taken < this.#settings.halfOpenProbes || this.#isOverdue();
  }

  get retryAfterMs(): number {
    if (this.#state === "isolated") return Infinity;
    if (this.#state !== "open") return 0;
    return Math.max(0, this.#openUntil - this.#settings.clock.now());
  }

  /** Leave for a call while the circuit is not closed. */
  tryProbe(): CircuitPermit | null {
    if (this.#state === "open" && this.retryAfterMs === 0) this.#change("half_open");
    const permit = this.#state === "half_open" ? this.#takeProbe() : null;
    if (permit === null) this.#listeners.rejected(this.#state);
    return permit;
  }

  #takeProbe(): CircuitPermit | null {
    const round = this.#round;
    if (round.taken < this.#settings.halfOpenProbes) {
      round.taken++;
      round.lastTakenAt = this.#settings.clock.now();
      return new ProbePermit(this, round);
    }
    if (this.#isOverdue()) {
      this.trip(new ProxyError("deadline_exceeded", "Cannot probe: no probe has ended in time"));
    }
    return null;
  }

  /** The youngest probe is that old, and so are all others on their way. */
  #isOverdue(): boolean {
    const { clock, probeTimeoutMs } = this.#settings;
    return clock.now() - this.#round.lastTakenAt >= probeTimeoutMs;
  }

  probeSucceeded(): void {
    if (++this.#round.succeeded >= this.#settings.halfOpenProbes) this.#change("closed");
  }

  /** Opens the circuit, or opens it again. */
  trip(error: unknown): void {
    const retry = this.#openings + 1;
    // First what may throw: a user's backoff.
    const openMs = pauseOf(this.#openMsOf, { retry, previousMs: this.#openMs, error });
    this.#openings = retry;
    this.#openMs = openMs;
    this.#openUntil = this.#settings.clock.now() + openMs;
    this.lastError = error;
    this.#change("open", error);
  }

  isolate(): Disposable {
    let isHeld = true;
    if (this.#holds++ === 0) this.#change("isolated");
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        if (--this.#holds === 0) this.#change("closed");
      },
    };
  }

  subscribe(listener: CircuitListener): Disposable {
    return this.#listeners.add(listener);
  }

  save(): CircuitSnapshot {
    const isOpen = this.#state === "open" || this.#state === "half_open";
    const { clock, trip } = this.#settings;
    return {
      state: isOpen ? "open" : "closed",
      openUntil: isOpen ? clock.epoch() + this.retryAfterMs : 0,
      openMs: isOpen ? this.#openMs : 0,
      openings: isOpen ? this.#openings : 0,
      strategy: trip.name,
      count: this.#counter.save(),
    };
  }

  load(snapshot: CircuitSnapshot): void {
    const { state, openUntil, openMs, openings, strategy, count } = savedObject(snapshot);
    const { clock, trip } = this.#settings;
    if (strategy !== trip.name) {
      throw new TypeError(`Cannot load circuit: it was not counted by ${trip.name}`);
    }
    if (state !== "closed" && state !== "open") {
      throw new TypeError("Cannot load circuit: its state is neither closed nor open");
    }
    const duration = savedNumber(openMs);
    const rest = savedNumber(openUntil) - clock.epoch();
    const times = savedCount(openings);
    this.#counter.load(count);
    if (state === "closed") return;
    this.#openings = times;
    this.#openMs = duration;
    // The wall clock may have jumped: never longer than it was to be.
    this.#openUntil = clock.now() + Math.max(0, Math.min(rest, duration));
    this.#leave();
    this.#state = "open";
  }

  #change(to: CircuitState, error?: unknown): void {
    const from = this.#state;
    this.#leave();
    this.#state = to;
    if (to === "half_open") this.#round = new ProbeRound();
    if (to === "closed") this.#close();
    const openMs = to === "open" ? this.#openMs : 0;
    this.#listeners.changed({ from, to, error, openMs });
  }

  #close(): void {
    this.#counter.reset();
    this.#openings = 0;
    this.#openMs = 0;
    this.lastError = undefined;
    this.closedPermit = new ClosedPermit(this, this.#counter);
  }

  /** What is on its way from here on says nothing. */
  #leave(): void {
    if (this.closedPermit !== null) this.closedPermit.isCurrent = false;
    this.closedPermit = null;
    this.#round.isCurrent = false;
  }
}
