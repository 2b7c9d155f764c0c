import type { Clock } from "../../timeout/mod.ts";
import { Drain } from "./_drain.ts";
import type { EngineServer } from "./_engine_server.ts";
import type { InFlight } from "./_in_flight.ts";
import { formatListenAddress, type ListenAddress } from "./listen_address.ts";
import type { DrainOptions, DrainReport, Listener, ListenerRefusals } from "./listener.ts";

/** What {@linkcode EngineListener} is made of. */
export interface EngineListenerOptions {
  server: EngineServer;
  inFlight: InFlight;
  clock: Clock;
  /** Whether connections are protected by TLS. */
  hasTls: boolean;
  /** Called once, when the drain begins. */
  onDrain: () => void;
}

/** The listener over any engine. */
export class EngineListener implements Listener {
  readonly #options: EngineListenerOptions;
  #drain: Drain | null = null;

  constructor(options: EngineListenerOptions) {
    this.#options = options;
  }

  get address(): ListenAddress {
    return this.#options.server.address;
  }

  get engine(): string {
    return this.#options.server.engine;
  }

  get protocols(): readonly string[] {
    return this.#options.server.protocols;
  }

  get inFlight(): number {
    return this.#options.inFlight.count;
  }

  get refusals(): ListenerRefusals {
    return this.#options.server.refusals;
  }

  get url(): string {
    const { address } = this;
    if (address.transport === "unix") return formatListenAddress(address);
    const near = NEAR.get(address.hostname) ?? address.hostname;
    const scheme = this.#options.hasTls ? "https" : "http";
    return `${scheme}://${formatListenAddress({ ...address, hostname: near })}`;
  }

  describe(): string {
    const { note } = this.#options.server;
    const about = [`${this.engine} engine`, ...this.protocols, note];
    return `${this.url} (${about.filter((part) => part !== "").join(", ")})`;
  }

  async drain(options: DrainOptions = {}): Promise<DrainReport> {
    const { deadlineMs = 30_000, signal } = options;
    if (!(deadlineMs >= 0)) {
      throw new RangeError(`Cannot drain: ${deadlineMs} ms is not a duration`);
    }
    if (this.#drain === null) {
      const { server, inFlight, clock, onDrain } = this.#options;
      onDrain();
      this.#drain = new Drain(server, inFlight, clock);
    }
    this.#drain.setDeadline(deadlineMs, signal);
    return await this.#drain.run();
  }

  close(): Promise<DrainReport> {
    return this.drain({ deadlineMs: 0 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** What reaches "every address" from this machine. */
const NEAR: ReadonlyMap<string, string> = new Map([
  ["::", "localhost"],
  ["0.0.0.0", "127.0.0.1"],
]);
