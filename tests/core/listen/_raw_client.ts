import type { ListenAddress } from "../../../core/mod.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A client that sends what it is told and shows what comes back. */
export class RawClient implements Disposable {
  readonly #connection: Deno.Conn;
  #text = "";

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Connects to a listener. */
  static async connect(address: ListenAddress): Promise<RawClient> {
    if (address.transport === "unix") return new RawClient(await Deno.connect(address));
    const { hostname, port } = address;
    return new RawClient(await Deno.connect({ hostname, port }));
  }

  async send(text: string): Promise<void> {
    let bytes = encoder.encode(text);
    while (bytes.byteLength > 0) {
      bytes = bytes.subarray(await this.#connection.write(bytes));
    }
  }

  /** Asks for a target with GET. */
  get(target: string): Promise<void> {
    return this.send(`GET ${target} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  }

  /** All that has come, once the text is in it; throws when the connection ends before. */
  async until(text: string): Promise<string> {
    while (!this.#text.includes(text)) {
      if (!await this.#read()) {
        throw new Error(`Cannot find ${text}: the end came after ${this.#text}`);
      }
    }
    return this.#text;
  }

  /** What has come up to the end of the text, which is taken out. */
  async take(text: string): Promise<string> {
    const all = await this.until(text);
    const end = all.indexOf(text) + text.length;
    this.#text = all.slice(end);
    return all.slice(0, end);
  }

  /** All that has come when the connection has ended. */
  async untilEnd(): Promise<string> {
    while (await this.#read());
    return this.#text;
  }

  async #read(): Promise<boolean> {
    const buffer = new Uint8Array(65_536);
    try {
      const size = await this.#connection.read(buffer);
      if (size === null) return false;
      this.#text += decoder.decode(buffer.subarray(0, size));
      return true;
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionReset) return false;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
