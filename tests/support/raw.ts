/** Raw TCP ends for tests: what is on the wire, byte for byte. */
export class RawConnection implements Disposable {
  readonly conn: Deno.Conn;
  #received = new Uint8Array(0);
  #isClosed = false;

  constructor(conn: Deno.Conn) {
    this.conn = conn;
  }

  /** Sends Latin-1 text or bytes. */
  async send(data: string | Uint8Array): Promise<void> {
    const bytes = typeof data === "string" ? latin1(data) : data;
    for (let at = 0; at < bytes.byteLength;) at += await this.conn.write(bytes.subarray(at));
  }

  /** Everything up to and including a text; what is behind it stays for the next call. */
  async readUntil(text: string): Promise<string> {
    for (;;) {
      const all = toLatin1(this.#received);
      const at = all.indexOf(text);
      if (at >= 0) {
        this.#received = this.#received.slice(at + text.length);
        return all.slice(0, at + text.length);
      }
      if (!await this.#more()) throw new Error(`The connection ended before "${text}": "${all}"`);
    }
  }

  /** Exactly so many bytes. */
  async readBytes(count: number): Promise<string> {
    while (this.#received.byteLength < count) {
      if (!await this.#more()) throw new Error(`The connection ended before ${count} bytes`);
    }
    const taken = toLatin1(this.#received.subarray(0, count));
    this.#received = this.#received.slice(count);
    return taken;
  }

  /** Everything up to the end of the connection; a reset counts as an end. */
  async readToEnd(): Promise<string> {
    while (await this.#more());
    const all = toLatin1(this.#received);
    this.#received = new Uint8Array(0);
    return all;
  }

  /** A head and, by its Content-Length, the content. */
  async readMessage(): Promise<{ head: string; body: string }> {
    const head = await this.readUntil("\r\n\r\n");
    const length = /^content-length: *(\d+)/im.exec(head);
    return { head, body: await this.readBytes(length ? Number(length[1]) : 0) };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    try {
      this.conn.close();
    } catch {
      // The other side was faster.
    }
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async #more(): Promise<boolean> {
    const chunk = new Uint8Array(65_536);
    const count = await this.conn.read(chunk).catch(() => null);
    if (count === null) return false;
    const joined = new Uint8Array(this.#received.byteLength + count);
    joined.set(this.#received);
    joined.set(chunk.subarray(0, count), this.#received.byteLength);
    this.#received = joined;
    return true;
  }
}

/** A server that is written connection by connection. */
export interface RawServer extends AsyncDisposable {
  readonly port: number;
  readonly address: string;
  /** How many connections came. */
  readonly count: number;
}

/**
 * Listens on a free port. Each connection runs `onConnection` with its number, from 0 on, and is closed
 * after it.
 */
export function rawServer(
  onConnection: (connection: RawConnection, number: number) => Promise<void>,
): RawServer {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<RawConnection>();
  const running = new Set<Promise<void>>();
  let count = 0;
  const accept = async () => {
    for await (const conn of listener) {
      const connection = new RawConnection(conn);
      open.add(connection);
      const run = onConnection(connection, count++).catch(() => {}).finally(() => {
        connection.close();
        open.delete(connection);
        running.delete(run);
      });
      running.add(run);
    }
  };
  const accepting = accept();
  const { port } = listener.addr;
  return {
    port,
    address: `127.0.0.1:${port}`,
    get count() {
      return count;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting.catch(() => {});
      for (const connection of open) connection.close();
      await Promise.all(running);
    },
  };
}

/** Connects to a port of this machine. */
export async function rawClient(port: number): Promise<RawConnection> {
  return new RawConnection(await Deno.connect({ hostname: "127.0.0.1", port }));
}

/** A promise and what settles it. */
export function signalOf<T = void>(): PromiseWithResolvers<T> {
  return Promise.withResolvers<T>();
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

function toLatin1(bytes: Uint8Array): string {
  // A TextDecoder called "latin1" is windows-1252.
  let text = "";
  for (let at = 0; at < bytes.byteLength; at += 32_768) {
    text += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  }
  return text;
}
