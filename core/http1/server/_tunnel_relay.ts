import { ProxyError } from "../../../errors/mod.ts";
import type { TimerWheel, WheelTimer } from "../../../timeout/mod.ts";
import type { ServerExchange, Tunnel } from "../../http/mod.ts";
import type { Inbound } from "./_inbound.ts";
import { FrameBoundary, GOING_AWAY } from "./_websocket_frames.ts";
import { type Duplex, writeAll } from "../duplex.ts";

/** What {@linkcode TunnelRelay} needs of the client's side. */
export interface TunnelRelayOptions {
  inbound: Inbound;
  duplex: Duplex;
  exchange: ServerExchange;
  wheel: TimerWheel;
  /** How long both directions may be silent. */
  idleTimeoutMs: number;
  /** Whether the bytes are frames of a WebSocket. */
  isWebSocket: boolean;
}

/** How long a client may take to answer the Close frame. */
const CLOSE_MS = 2_000;

/**
 * Passes bytes in both directions until both have ended: when one side ends its direction, the other side
 * is told so and may go on. When one breaks, both do.
 */
export class TunnelRelay {
  readonly #tunnel: Tunnel;
  readonly #options: TunnelRelayOptions;
  readonly #timer: WheelTimer;
  readonly #frames: FrameBoundary | null;
  #sentBytes = 0;
  #failure: unknown = null;
  #isEnding = false;
  #hasSentClose = false;

  constructor(tunnel: Tunnel, options: TunnelRelayOptions) {
    this.#tunnel = tunnel;
    this.#options = options;
    this.#timer = options.wheel.timer(() => this.#timedOut());
    this.#frames = options.isWebSocket ? new FrameBoundary() : null;
  }

  /**
   * Runs to the end of both directions.
   *
   * @returns how many bytes went to the client; those from it stand in `exchange.receivedBytes`
   */
  async run(): Promise<number> {
    const { exchange } = this.#options;
    const stop = (error: unknown): void => this.#stop(error);
    const forget = exchange.cancel.onCancel(stop);
    this.#alive();
    try {
      await Promise.all([this.#up().catch(stop), this.#down().catch(stop)]);
    } finally {
      this.#timer.disarm();
      forget();
      this.#tunnel.close();
    }
    if (this.#failure !== null && !this.#hasSentClose) {
      exchange.error ??= ProxyError.from(this.#failure, "client_gone");
    }
    return this.#sentBytes;
  }

  /** The server stops: a WebSocket is told so between two frames; anything else runs on. */
  drain(): void {
    if (this.#frames === null || this.#isEnding) return;
    this.#isEnding = true;
    if (this.#frames.isBetweenFrames) this.#sendClose().catch((error) => this.#stop(error));
  }

  async #up(): Promise<void> {
    const { inbound, exchange } = this.#options;
    for (;;) {
      if (inbound.start === inbound.end && await inbound.fill() === null) break;
      const bytes = inbound.bytes.subarray(inbound.start, inbound.end);
      inbound.start = inbound.end;
      this.#alive();
      exchange.receivedBytes += bytes.byteLength;
      await this.#tunnel.write(bytes);
    }
    // Whoever has answered the Close frame waits for the end of the connection (RFC 6455 §7.1.1).
    if (this.#hasSentClose) this.#tunnel.close();
    else await this.#tunnel.closeWrite();
  }

  async #down(): Promise<void> {
    const tunnel = this.#tunnel;
    for (let bytes = await tunnel.read(); bytes !== null; bytes = await tunnel.read()) {
      this.#alive();
      if (this.#hasSentClose) continue;
      const end = this.#frames === null ? bytes.byteLength : this.#follow(this.#frames, bytes);
      await writeAll(this.#options.duplex, bytes.subarray(0, end));
      this.#sentBytes += end;
      if (this.#isEnding && this.#frames?.isBetweenFrames) await this.#sendClose();
    }
    await this.#options.duplex.closeWrite();
  }

  /** Where to stop in these bytes: at their end, or when the tunnel is ending, behind the frame. */
  #follow(frames: FrameBoundary, bytes: Uint8Array): number {
    let at = 0;
    do at = frames.next(bytes, at); while (at < bytes.byteLength && !this.#isEnding);
    return at;
  }

  async #sendClose(): Promise<void> {
    if (this.#hasSentClose) return;
    this.#hasSentClose = true;
    this.#timer.arm(CLOSE_MS);
    await writeAll(this.#options.duplex, GOING_AWAY);
    this.#sentBytes += GOING_AWAY.byteLength;
  }

  #alive(): void {
    if (!this.#hasSentClose) this.#timer.arm(this.#options.idleTimeoutMs);
  }

  #timedOut(): void {
    const { idleTimeoutMs } = this.#options;
    this.#stop(
      new ProxyError("deadline_exceeded", `Cannot keep a tunnel: silent for ${idleTimeoutMs} ms`),
    );
  }

  #stop(error: unknown): void {
    this.#failure ??= error;
    this.#tunnel.close();
    try {
      this.#options.duplex.close();
    } catch {
      // It is closed already.
    }
  }
}
