import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  bodyFrom,
  type ExchangeEnd,
  type Handler,
  listen as listenOn,
  type Listener,
  type ListenOptions,
  reply,
} from "../../../core/mod.ts";
import { needs } from "../../support/needs.ts";
import { testTls } from "./_certificate.ts";
import { RawClient } from "./_raw_client.ts";
import { run } from "./_run.ts";

/** A handler that waits before it answers. */
class Gate {
  readonly #entered = Promise.withResolvers<void>();
  readonly #opened = Promise.withResolvers<void>();
  /** Settles when a request waits. */
  readonly entered = this.#entered.promise;
  readonly open = this.#opened.resolve;

  readonly handler: Handler = async () => {
    this.#entered.resolve();
    await this.#opened.promise;
    return reply(200, "late");
  };
}

/** Options that note how exchanges end. */
function noting(ends: ExchangeEnd[]): ListenOptions {
  return {
    address: "127.0.0.1:0",
    onExchange: (exchange) => exchange.onEnd((end) => ends.push(end)),
  };
}

/** How exchanges ended: status and kind of error. */
function brief(ends: readonly ExchangeEnd[]): [number, string | undefined][] {
  return ends.map(({ status, error }) => [status, error?.kind]);
}

/** Settles when nobody accepts connections any more. */
async function untilRefused({ address }: Listener): Promise<void> {
  for (;;) {
    try {
      using _client = await RawClient.connect(address);
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return;
      // It came in the moment of closing.
      assert(error instanceof Deno.errors.ConnectionReset, String(error));
    }
  }
}

async function* endless(): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode("first");
  await new Promise(() => {});
}

for (const engine of ["deno", "wire"] as const) {
  const listen = (options: ListenOptions, handler: Handler): Promise<Listener> =>
    listenOn({ engine, ...options }, handler);

  Deno.test(`Listener.drain() (${engine}) lets what is in flight finish and refuses new connections`, async () => {
    const gate = new Gate();
    const listener = await listen({ address: "127.0.0.1:0" }, gate.handler);
    using client = await RawClient.connect(listener.address);
    await client.get("/");
    await gate.entered;
    assertEquals(listener.inFlight, 1);
    const drained = listener.drain();
    await untilRefused(listener);
    assertEquals(listener.inFlight, 1);
    gate.open();
    const answer = await client.untilEnd();
    assertStringIncludes(answer, "connection: close");
    assert(answer.endsWith("late"));
    assertEquals(await drained, { cut: 0 });
    assertEquals(listener.inFlight, 0);
  });

  Deno.test(`Listener.drain() (${engine}) still serves requests that come at once, and asks to close`, async () => {
    const listener = await listen({ address: "127.0.0.1:0" }, () => reply(200, "x"));
    using open = await RawClient.connect(listener.address);
    await open.get("/");
    assertEquals((await open.until("\r\n\r\nx")).includes("connection:"), false);
    const drained = listener.drain();
    using fresh = await RawClient.connect(listener.address);
    for (const client of [open, fresh]) await client.get("/");
    for (const client of [open, fresh]) {
      assertStringIncludes(await client.untilEnd(), "connection: close");
    }
    assertEquals(await drained, { cut: 0 });
  });

  Deno.test(`Listener.drain() (${engine}) closes idle connections and does not wait for them`, async () => {
    const listener = await listen({ address: "127.0.0.1:0" }, () => reply(200, "x"));
    using used = await RawClient.connect(listener.address);
    await used.get("/");
    await used.until("\r\n\r\nx");
    using unused = await RawClient.connect(listener.address);
    using begun = await RawClient.connect(listener.address);
    await begun.send("GET / HTTP/1.1\r\nho");
    assertEquals(await listener.drain({ deadlineMs: Infinity }), { cut: 0 });
    for (const client of [used, unused, begun]) await client.untilEnd();
  });

  Deno.test(`Listener.drain() (${engine}) does not wait for an HTTP/2 client that reads nothing`, async () => {
    const listener = await listen({ address: "127.0.0.1:0", tls: testTls }, () => reply(200));
    assert(listener.address.transport === "tcp");
    const { hostname, port } = listener.address;
    using connection = await Deno.connectTls({
      hostname,
      port,
      caCerts: [testTls.cert],
      alpnProtocols: ["h2"],
    });
    await connection.handshake();
    const settings = [0, 0, 0, 4, 0, 0, 0, 0, 0].map((byte) => String.fromCharCode(byte)).join("");
    const preface = new TextEncoder().encode(`PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${settings}`);
    await connection.write(preface);
    // The server's SETTINGS: it has taken the connection.
    await connection.read(new Uint8Array(64));
    assertEquals(await listener.drain({ deadlineMs: Infinity }), { cut: 0 });
  });

  Deno.test({
    ...needs(
      "curl",
      `Listener.drain() (${engine}) finishes HTTP/2 streams and sends no Connection field there`,
    ),
    fn: async () => {
      const gate = new Gate();
      const listener = await listen({ address: "127.0.0.1:0", tls: testTls }, gate.handler);
      const output = run("curl", "-ski", "--http2", listener.url);
      await gate.entered;
      const drained = listener.drain();
      await untilRefused(listener);
      gate.open();
      const { code, stdout } = await output;
      assertEquals([code, stdout.includes("connection")], [0, false]);
      assert(stdout.startsWith("HTTP/2 200"));
      assert(stdout.endsWith("late"));
      assertEquals(await drained, { cut: 0 });
    },
  });

  Deno.test(`Listener.drain() (${engine}) answers 503 at the deadline when the handler does not return`, async () => {
    const ends: ExchangeEnd[] = [];
    const signals: AbortSignal[] = [];
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const listener = await listen(noting(ends), (exchange) => {
      signals.push(exchange.signal);
      enter();
      return new Promise(() => {});
    });
    using client = await RawClient.connect(listener.address);
    await client.get("/");
    await entered;
    assertEquals(await listener.drain({ deadlineMs: 1 }), { cut: 1 });
    const answer = await client.untilEnd();
    assertStringIncludes(answer, "HTTP/1.1 503");
    assertStringIncludes(answer, "connection: close");
    // The page is complete.
    const [head, page] = answer.split("\r\n\r\n");
    assertStringIncludes(head.toLowerCase(), `content-length: ${page.length}\r\n`);
    assert(page.length > 0);
    assertEquals(brief(ends), [[503, "server_stopping"]]);
    assertEquals(signals[0].aborted, true);
  });

  /** Never comes to its second piece. */

  Deno.test(`Listener.drain() (${engine}) cuts a reply on its way at the deadline`, async () => {
    const ends: ExchangeEnd[] = [];
    const listener = await listen(noting(ends), () => reply(200, bodyFrom(endless())));
    using client = await RawClient.connect(listener.address);
    await client.get("/");
    await client.until("first");
    assertEquals(await listener.drain({ deadlineMs: 1 }), { cut: 1 });
    // No last chunk: the client can tell that it is not complete.
    assertEquals((await client.untilEnd()).endsWith("first\r\n"), true);
    assertEquals(brief(ends), [[200, "server_stopping"]]);
  });

  Deno.test(`Listener.drain() (${engine}) cuts an upload that nobody waits for at the deadline`, async () => {
    const ends: ExchangeEnd[] = [];
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const listener = await listen(noting(ends), async ({ body }) => {
      enter();
      while (await body?.read() !== null);
      return reply(200);
    });
    using client = await RawClient.connect(listener.address);
    await client.send("POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n1234");
    await entered;
    assertEquals(await listener.drain({ deadlineMs: 1 }), { cut: 1 });
    // The rest of the upload is still awaited by Deno, not by the drain.
    await client.until("HTTP/1.1 503");
    assertEquals(brief(ends), [[503, "server_stopping"]]);
  });

  Deno.test(`Listener.drain() (${engine}) resolves when a stream that went out natively cannot be cut`, async () => {
    const ends: ExchangeEnd[] = [];
    const listener = await listen(noting(ends), ({ request }) => {
      if (request.target === "/") return reply(200, "x");
      return new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
        }),
      );
    });
    using client = await RawClient.connect(listener.address);
    await client.get("/");
    await client.until("\r\n\r\nx");
    await client.get("/stream");
    await client.until("first");
    assertEquals(await listener.drain({ deadlineMs: 1 }), { cut: 1 });
    assertEquals(brief(ends), [[200, undefined], [200, "server_stopping"]]);
  });

  Deno.test(`Listener.drain() (${engine}) cancels a reply that comes after the cut`, async () => {
    const { promise: entered, resolve: enter } = Promise.withResolvers<void>();
    const { promise: cancelled, resolve: cancel } = Promise.withResolvers<unknown>();
    const late = Promise.withResolvers<void>();
    const listener = await listen({ address: "127.0.0.1:0" }, async () => {
      enter();
      await late.promise;
      return new Response(new ReadableStream({ cancel }));
    });
    using client = await RawClient.connect(listener.address);
    await client.get("/");
    await entered;
    assertEquals(await listener.close(), { cut: 1 });
    late.resolve();
    assertStringIncludes(String(await cancelled), "server_stopping");
  });

  Deno.test(`Listener.drain() (${engine}) takes a nearer deadline from a later call`, async () => {
    const gate = new Gate();
    const listener = await listen({ address: "127.0.0.1:0" }, gate.handler);
    using client = await RawClient.connect(listener.address);
    await client.get("/");
    await gate.entered;
    const patient = listener.drain({ deadlineMs: Infinity });
    assertEquals(await listener.close(), { cut: 1 });
    assertEquals(await patient, { cut: 1 });
    assertEquals(await listener.drain(), { cut: 1 });
  });

  Deno.test(`Listener.drain() (${engine}) brings the deadline forward when its signal fires`, async () => {
    const gate = new Gate();
    const listener = await listen({ address: "127.0.0.1:0" }, gate.handler);
    using client = await RawClient.connect(listener.address);
    await client.get("/");
    await gate.entered;
    const hurry = new AbortController();
    const drained = listener.drain({ deadlineMs: Infinity, signal: hurry.signal });
    await untilRefused(listener);
    hurry.abort();
    assertEquals(await drained, { cut: 1 });
  });

  Deno.test(`Listener.drain() (${engine}) rejects with RangeError when the deadline is no duration`, async () => {
    await using listener = await listen({ address: "127.0.0.1:0" }, () => reply(200));
    await assertRejects(() => listener.drain({ deadlineMs: -1 }), RangeError);
    await assertRejects(() => listener.drain({ deadlineMs: NaN }), RangeError);
    // It goes on.
    const response = await fetch(listener.url);
    await response.body?.cancel();
    assertEquals(response.status, 200);
  });

  Deno.test(`Listener.close() (${engine}) frees the port for the next one`, async () => {
    const first = await listen({ address: "127.0.0.1:0" }, () => reply(200));
    await first.close();
    await using second = await listen({ address: first.address }, () => reply(204));
    assertEquals((await fetch(second.url)).status, 204);
  });
}
