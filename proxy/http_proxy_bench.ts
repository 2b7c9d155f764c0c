// What an exchange costs without the system: server connection, proxy and client connection over memory.

import {
  checkServerLimits,
  type Duplex,
  errorReply,
  http1Transport,
  ServerConnection,
} from "../core/mod.ts";
import { TimerWheel } from "../timeout/mod.ts";
import { HttpProxy } from "./http_proxy.ts";

const encoder = new TextEncoder();
const REQUEST = encoder.encode("GET /a HTTP/1.1\r\nHost: example.com\r\n\r\n");
const RESPONSE = encoder.encode(
  "HTTP/1.1 200 OK\r\nServer: x\r\nDate: Wed, 25 Nov 2026 16:24:16 GMT\r\nContent-Type: text/plain\r\n" +
    `Content-Length: 130\r\nConnection: keep-alive\r\n\r\n${"x".repeat(130)}`,
);

/** A connection whose other side says always the same. */
class Echoing implements Duplex {
  readonly #says: Uint8Array;
  readonly #onWrite: () => void;
  #into: Uint8Array | null = null;
  #resolve: ((count: number | null) => void) | null = null;

  constructor(says: Uint8Array, onWrite: (self: Echoing) => void) {
    this.#says = says;
    this.#onWrite = () => onWrite(this);
  }

  read(into: Uint8Array): Promise<number | null> {
    return new Promise((resolve) => {
      this.#into = into;
      this.#resolve = resolve;
    });
  }

  say(): void {
    this.#into?.set(this.#says);
    this.#resolve?.(this.#says.length);
  }

  write(bytes: Uint8Array): Promise<number> {
    this.#onWrite();
    return Promise.resolve(bytes.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    this.#resolve?.(null);
  }
}

const wheel = new TimerWheel({ keepAlive: false });
const transport = http1Transport({
  wheel,
  dial: () => {
    const conn = new Echoing(RESPONSE, (self) => self.say());
    return Promise.resolve({ conn, remote: "memory", dnsMs: 0, connectMs: 0, tlsMs: 0 });
  },
});
const upstream = "127.0.0.1:1";
const client = { address: "192.0.2.1", port: 4711, transport: "memory", scheme: "http" } as const;
const limits = checkServerLimits();

function connected({ handle }: HttpProxy): () => Promise<void> {
  let answered: () => void = () => {};
  const duplex = new Echoing(REQUEST, () => queueMicrotask(answered));
  const options = { handler: handle, wheel, limits, errorReply };
  new ServerConnection(duplex, client, options).run();
  // Awaited by an async function: of any other the bench takes the promise for the end.
  return async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    answered = resolve;
    duplex.say();
    await promise;
  };
}

const filters = [{
  request: () => undefined,
  response: (_: unknown, head: { headers: { delete(name: string): void } }) =>
    head.headers.delete("server"),
}];

Deno.bench({
  name: "no filter",
  group: "an exchange without sockets",
  baseline: true,
  fn: connected(new HttpProxy({ upstream, transport, wheel })),
});
Deno.bench({
  name: "a filter with two hooks",
  group: "an exchange without sockets",
  fn: connected(new HttpProxy({ upstream, transport, wheel, filters })),
});
