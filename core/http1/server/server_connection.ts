import type { Client } from "../../http/mod.ts";
import { Connection } from "./_connection.ts";
import type { Duplex } from "../duplex.ts";
import type { ServerConnectionOptions } from "./server_connection_options.ts";

/**
 * One connection of a client over HTTP/1.1: it reads a request, has it answered, writes the answer, and
 * begins again. One loop, one timer, and in the steady state two calls of the system for a request.
 *
 * `listen` makes one for each client; by itself it serves any {@linkcode Duplex}.
 *
 * @example
 * ```ts
 * import { assertStringIncludes } from "@std/assert";
 * import { checkServerLimits, type Duplex, errorReply, reply, ServerConnection } from "@pingo/pingo/core";
 * import { TimerWheel } from "@pingo/pingo/timeout";
 *
 * const requests = [new TextEncoder().encode("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")];
 * let sent = "";
 * const duplex: Duplex = {
 *   read(into) {
 *     const bytes = requests.shift();
 *     if (bytes !== undefined) into.set(bytes);
 *     return Promise.resolve(bytes?.byteLength ?? null);
 *   },
 *   write(bytes) {
 *     sent += new TextDecoder().decode(bytes);
 *     return Promise.resolve(bytes.byteLength);
 *   },
 *   closeWrite: () => Promise.resolve(),
 *   close: () => {},
 * };
 * using wheel = new TimerWheel();
 * const client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" } as const;
 * const limits = checkServerLimits();
 * const handler = () => reply(200, "hello");
 * await new ServerConnection(duplex, client, { handler, wheel, limits, errorReply }).run();
 * assertStringIncludes(sent, "HTTP/1.1 200 OK\r\n");
 * ```
 */
export class ServerConnection {
  readonly #connection: Connection;

  /** Takes a connection; nothing is read before it runs. */
  constructor(duplex: Duplex, client: Client, options: ServerConnectionOptions) {
    this.#connection = new Connection(duplex, client, options);
  }

  /** Whether a request is on its way. */
  get isBusy(): boolean {
    return this.#connection.isBusy;
  }

  /** Gives it bytes that were read from the connection before, such as what lay behind a PROXY header. */
  unread(bytes: Uint8Array): void {
    this.#connection.inbound.unread(bytes);
  }

  /** Serves requests until the connection ends; never rejects. */
  run(): Promise<void> {
    return this.#connection.run();
  }

  /** The next answer is the last one; an idle connection ends now. */
  drain(): void {
    this.#connection.drain();
  }

  /** Ends the connection now; what is on its way is cut. */
  close(): void {
    this.#connection.close();
  }
}
