import { TimerWheel } from "../../../timeout/mod.ts";
import { CancelSource, requestHead } from "../../http/mod.ts";
import { RequestParser, WireRequestHead } from "../codec/mod.ts";
import type { Duplex } from "../duplex.ts";
import { ClientConnection, ClientContext } from "./mod.ts";

// What an exchange costs apart from the system: the other end answers in memory, at once.

const encoder = new TextEncoder();
const REQUEST = encoder.encode([
  "GET /index.html?a=1 HTTP/1.1",
  "Host: app.example",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
  "Accept: */*",
  "Accept-Encoding: gzip, br",
  "X-Forwarded-For: 192.0.2.1",
  "X-Forwarded-Proto: https",
  "Via: 1.1 pingo",
  "",
  "",
].join("\r\n"));
const ANSWER = [
  "HTTP/1.1 200 OK",
  "Server: nginx/1.22.1",
  "Date: Mon, 23 Nov 2026 16:56:34 GMT",
  "Content-Type: text/plain",
  "Connection: keep-alive",
];
const counted = encoder.encode(
  [...ANSWER, "Content-Length: 38", "", "x".repeat(38)].join("\r\n"),
);
const chunked = encoder.encode(
  [...ANSWER, "Transfer-Encoding: chunked", "", "26", "x".repeat(38), "0", "", ""].join("\r\n"),
);

/** Gives the answer to whoever reads, as soon as something is written. */
class Echo implements Duplex {
  readonly #answer: Uint8Array;
  #buffer: Uint8Array | null = null;
  #resolve: ((count: number) => void) | null = null;

  constructor(answer: Uint8Array) {
    this.#answer = answer;
  }

  read(into: Uint8Array): Promise<number | null> {
    this.#buffer = into;
    return new Promise((resolve) => this.#resolve = resolve);
  }

  write(bytes: Uint8Array): Promise<number> {
    this.#buffer?.set(this.#answer);
    this.#resolve?.(this.#answer.byteLength);
    return Promise.resolve(bytes.byteLength);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}
}

const wheel = new TimerWheel();
const context = new ClientContext({ wheel });
const owner = { wantsBack: () => true, isIdle: () => {}, hasEnded: () => {} };
const connections = {
  counted: new ClientConnection(new Echo(counted), context, owner),
  chunked: new ClientConnection(new Echo(chunked), context, owner),
};
const wire = new WireRequestHead();
new RequestParser().parse(REQUEST, 0, REQUEST.byteLength, wire);
const strings = requestHead({
  target: "/index.html?a=1",
  headers: [...wire.headers],
});
const out = new Uint8Array(16_384);

async function exchange(connection: ClientConnection, head: typeof strings): Promise<void> {
  connection.reserve();
  const reply = await connection.exchange(head, null, {
    cancel: new CancelSource(),
    headTimeoutMs: 60_000,
    bodyTimeoutMs: 30_000,
  });
  reply.body?.readInto?.(out, 0);
  reply.release?.();
}

Deno.bench("the other end alone", { group: "exchange", baseline: true }, async () => {
  const echo = new Echo(counted);
  const parked = echo.read(out);
  await echo.write(REQUEST);
  await parked;
});
Deno.bench("a received head", { group: "exchange" }, async () => {
  await exchange(connections.counted, wire);
});
Deno.bench("a head of strings", { group: "exchange" }, async () => {
  await exchange(connections.counted, strings);
});
Deno.bench("a received head, chunked answer", { group: "exchange" }, async () => {
  await exchange(connections.chunked, wire);
});
