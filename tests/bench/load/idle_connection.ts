/** What an {@linkcode IdleConnection} asks for. */
export interface IdleRequest {
  /** Address of the proxy. */
  readonly url: string;
  /** Path of the request. */
  readonly path: string;
  /** Body that must come. */
  readonly body: string;
  /** Certificates that are trusted, PEM. */
  readonly caCerts: string[];
}

const MAX_ANSWER = 8192;
const TIMEOUT_MS = 10_000;

/** A client's connection that makes a request now and then and is kept alive in between. */
export class IdleConnection implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #request: IdleRequest;
  #closed = false;

  private constructor(conn: Deno.Conn, request: IdleRequest) {
    this.#conn = conn;
    this.#request = request;
  }

  /** Connects. */
  static async open(request: IdleRequest): Promise<IdleConnection> {
    const { protocol, hostname, port } = new URL(request.url);
    const address = { hostname, port: Number(port) };
    const conn = protocol === "https:"
      ? await Deno.connectTls({ ...address, caCerts: request.caCerts })
      : await Deno.connect(address);
    return new IdleConnection(conn, request);
  }

  /**
   * Makes the request and reads its answer.
   *
   * @throws {Error} if another answer comes, or none within ten seconds
   */
  async ask(): Promise<void> {
    const timer = setTimeout(() => this[Symbol.dispose](), TIMEOUT_MS);
    try {
      await this.#ask();
    } catch (error) {
      throw new Error(`Cannot get ${this.#request.path}: no right answer`, { cause: error });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes it, also in the middle of a request; does nothing when it is closed already. */
  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#conn.close();
  }

  async #ask(): Promise<void> {
    const { url, path, body } = this.#request;
    const head = `GET ${path} HTTP/1.1\r\nHost: ${new URL(url).host}\r\n\r\n`;
    await this.#conn.write(new TextEncoder().encode(head));
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(MAX_ANSWER);
    let answer = "";
    // The body is known and short: that spares the framing.
    while (!answer.includes(body)) {
      const length = await this.#conn.read(chunk);
      if (length === null) throw new Error("Cannot read answer: closed");
      answer += decoder.decode(chunk.subarray(0, length));
      if (answer.length > MAX_ANSWER) throw new Error("Cannot read answer: too long");
    }
  }
}
