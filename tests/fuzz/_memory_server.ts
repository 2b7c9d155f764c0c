import { errorReply, type ExchangeEnd, type Handler } from "../../core/mod.ts";
import {
  checkServerLimits,
  ServerConnection,
  type ServerConnectionOptions,
  type ServerLimits,
} from "../../core/http1/server/mod.ts";
import { FakeClock, TimerWheel } from "../../timeout/mod.ts";
import { MemoryDuplex, type MemoryDuplexOptions } from "./_memory_duplex.ts";

/** Options of {@linkcode serveInMemory}. */
export interface MemoryServerOptions extends MemoryDuplexOptions {
  readonly limits?: ServerLimits;
  readonly hooks?: Partial<
    Pick<
      ServerConnectionOptions,
      "errorReply" | "onExchange" | "onListenerError" | "onReply" | "turns"
    >
  >;
}

/** One connection of a server, without sockets and without time that passes by itself. */
export class MemoryServer {
  readonly client: MemoryDuplex;
  readonly connection: ServerConnection;
  readonly clock: FakeClock = new FakeClock();
  readonly wheel: TimerWheel = new TimerWheel({ clock: this.clock, resolutionMs: 10 });
  /** How many exchanges began. */
  begun = 0;
  /** How each ended. */
  readonly ends: ExchangeEnd[] = [];
  /** Whether the connection has come to its end. */
  hasEnded = false;

  constructor(handler: Handler, options: MemoryServerOptions = {}) {
    const { limits, hooks = {}, ...duplex } = options;
    this.client = new MemoryDuplex(duplex);
    const peer = { address: "192.0.2.1", port: 4711, transport: "memory", scheme: "http" } as const;
    this.connection = new ServerConnection(this.client, peer, {
      errorReply,
      ...hooks,
      handler,
      wheel: this.wheel,
      limits: checkServerLimits(limits),
      onExchange: (exchange) => {
        this.begun++;
        exchange.onEnd((end) => this.ends.push(end));
        hooks.onExchange?.(exchange);
      },
    });
    this.connection.run().then(() => this.hasEnded = true);
  }

  /** What the server has sent so far. */
  get received(): string {
    return this.client.received;
  }

  /** Waits for the end, in which nothing but promises is waited for. */
  async ended(): Promise<void> {
    for (let turn = 0; turn < 200_000 && !this.hasEnded; turn++) await null;
    if (!this.hasEnded) throw new Error(`The connection goes on; it has sent: ${this.received}`);
  }

  /** Lets everything happen that waits for promises alone. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < 500; turn++) await null;
  }

  /** Lets time pass, step by step. */
  async pass(ms: number, stepMs = 100): Promise<void> {
    await this.settle();
    for (let passed = 0; passed < ms && !this.hasEnded; passed += stepMs) {
      this.clock.advance(stepMs);
      await this.settle();
    }
  }
}

/** Puts a handler behind a connection in memory. */
export function serveInMemory(handler: Handler, options?: MemoryServerOptions): MemoryServer {
  return new MemoryServer(handler, options);
}
