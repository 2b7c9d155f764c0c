import { ProxyError } from "../../../errors/mod.ts";
import type { Tunnel } from "../../http/mod.ts";
import { giveLarge, giveSmall, SMALL_BUFFER, takeLarge, takeSmall } from "../_buffers.ts";

/** The connection under a tunnel. */
export interface TunnelSource {
  readTunnel(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<void>;
  closeWrite(): Promise<void>;
  close(): void;
}

/** The upstream's end of a connection that has changed its protocol. */
export class UpstreamTunnel implements Tunnel {
  readonly #source: TunnelSource;
  #first: Uint8Array | null;
  #buffer: Uint8Array | null = null;
  #isBusy = false;

  /** @param first what came behind the head; it lies in the buffer of the head */
  constructor(source: TunnelSource, first: Uint8Array | null) {
    this.#source = source;
    this.#first = first;
  }

  async read(): Promise<Uint8Array | null> {
    const first = this.#first;
    if (first !== null) {
      this.#first = null;
      return first;
    }
    const buffer = this.#fittingBuffer();
    let count: number | null = null;
    try {
      count = await this.#source.readTunnel(buffer);
    } finally {
      if (count === null) this.#giveBuffer();
    }
    if (count === null) return null;
    this.#isBusy = count >= SMALL_BUFFER;
    return buffer.subarray(0, count);
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#source.write(bytes);
    } catch (cause) {
      throw ProxyError.from(cause, "upstream_write_failed");
    }
  }

  async closeWrite(): Promise<void> {
    try {
      await this.#source.closeWrite();
    } catch (cause) {
      throw ProxyError.from(cause, "upstream_write_failed");
    }
  }

  close(): void {
    this.#source.close();
  }

  /** Most tunnels are idle most of the time: a large buffer is for those through which much flows. */
  #fittingBuffer(): Uint8Array {
    const isLarge = this.#buffer !== null && this.#buffer.byteLength > SMALL_BUFFER;
    if (this.#buffer === null || isLarge !== this.#isBusy) {
      this.#giveBuffer();
      this.#buffer = this.#isBusy ? takeLarge() : takeSmall();
    }
    return this.#buffer;
  }

  #giveBuffer(): void {
    const buffer = this.#buffer;
    this.#buffer = null;
    if (buffer === null) return;
    if (buffer.byteLength > SMALL_BUFFER) giveLarge(buffer);
    else giveSmall(buffer);
  }
}
