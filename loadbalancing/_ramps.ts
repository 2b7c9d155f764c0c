import type { Clock } from "../timeout/mod.ts";
import type { Backend } from "./backend.ts";
import { slowStartFactor, type SlowStartOptions, slowStartSettings } from "./slow_start.ts";

/** In how many steps a weight grows. */
const STEPS = 50;

/** Which backends of a balancer are starting slowly, and how far they are. */
export class Ramps {
  readonly #options: Readonly<Required<SlowStartOptions>>;
  readonly #clock: Clock;
  readonly #since = new Map<Backend, number>();
  #available: ReadonlySet<Backend> = new Set();
  #now = 0;

  constructor(options: SlowStartOptions, clock: Clock) {
    this.#options = slowStartSettings(options);
    this.#clock = clock;
  }

  /** Notes who is available now: whoever was not before starts slowly, unless nobody was. */
  note(backends: readonly Backend[]): void {
    this.#now = this.#clock.now();
    const available = new Set(backends.filter((backend) => backend.isAvailable));
    for (const backend of this.#since.keys()) {
      if (!available.has(backend)) this.#since.delete(backend);
    }
    if (this.#available.size > 0) {
      for (const backend of available) {
        if (!this.#available.has(backend)) this.#since.set(backend, this.#now);
      }
    }
    this.#available = available;
  }

  /** Whether weights are to be looked at again. */
  isDue(): boolean {
    return this.#since.size > 0 &&
      this.#clock.now() >= this.#now + this.#options.windowMs / STEPS;
  }

  /** Goes on to this moment. */
  step(): void {
    this.#now = this.#clock.now();
    for (const [backend, since] of this.#since) {
      if (this.#now >= since + this.#options.windowMs) this.#since.delete(backend);
    }
  }

  /** The weight of a backend at the last step. */
  readonly weightOf = (backend: Backend): number => {
    const since = this.#since.get(backend);
    return since === undefined
      ? backend.weight
      : backend.weight * slowStartFactor(this.#now - since, this.#options);
  };
}
