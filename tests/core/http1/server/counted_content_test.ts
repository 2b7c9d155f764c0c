// Large content of a known length: what is there at once leaves in one write, and nothing waits for more.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Body, reply } from "../../../../core/mod.ts";
import { type MemoryServer, serveInMemory } from "../../../fuzz/_memory_server.ts";
import { ProxyError } from "../../../../errors/mod.ts";
import { GET } from "../../../fuzz/_named.ts";

/** Content that comes when the test says so. */
class SteeredBody implements Body {
  readonly length: number;
  readonly isReady = true;
  cancelled = 0;
  sent = 0;
  /** Reads that wait. */
  readonly waiting: { to: Uint8Array; resolve: (count: number) => void }[] = [];
  readonly #atOnce: number[];

  constructor(length: number, atOnce: number[]) {
    this.length = length;
    this.#atOnce = atOnce;
  }

  read(): Promise<Uint8Array | null> {
    throw new Error("unused");
  }

  readTo(to: Uint8Array): Promise<number> {
    const count = this.#atOnce.shift();
    if (count !== undefined) return Promise.resolve(fill(to, count));
    return new Promise((resolve) => this.waiting.push({ to, resolve }));
  }

  give(count: number): void {
    const { to, resolve } = this.waiting.shift() ?? { to: new Uint8Array(0), resolve: () => {} };
    resolve(fill(to, count));
  }

  cancel(): void {
    this.cancelled++;
    for (const { resolve } of this.waiting.splice(0)) resolve(0);
  }
}

function fill(to: Uint8Array, count: number): number {
  to.fill(120, 0, count);
  return count;
}

/** The lengths of what the server has written, the head apart. */
function writes(server: MemoryServer): number[] {
  return server.client.writes.map((text) => text.replace(/^HTTP.*\r\n\r\n/s, "").length);
}

function serving(body: SteeredBody): MemoryServer {
  const server = serveInMemory(() => reply(200, body));
  server.client.send(GET);
  return server;
}

Deno.test("a reply whose content is there at once leaves in as few writes as the buffer allows", async () => {
  const server = serving(new SteeredBody(100_000, [16_000, 45_000, 39_000]));
  await server.settle();
  assertEquals(writes(server), [61_000, 39_000]);
  server.client.end();
  await server.ended();
  assertEquals(server.ends[0].sentBytes, 100_000);
});

Deno.test("a reply does not wait for content that is not there", async () => {
  const body = new SteeredBody(30_000, [10_000]);
  const server = serving(body);
  await server.settle();
  assertEquals(writes(server), [10_000]);
  body.give(5_000);
  await server.settle();
  assertEquals(writes(server), [10_000, 5_000]);
  body.give(15_000);
  await server.settle();
  assertEquals(writes(server), [10_000, 5_000, 15_000]);
  server.client.end();
  await server.ended();
  assertEquals(server.ends.map(({ error, sentBytes }) => [error, sentBytes]), [[null, 30_000]]);
});

Deno.test("a reply whose content is shorter or longer than its length is cut", async () => {
  for (const [given, state] of [[[9_000, 0], "shorter"], [[12_000], "longer"]] as const) {
    const server = serving(new SteeredBody(10_000, [...given]));
    await server.ended();
    assertEquals(server.ends[0].error === null, false, state);
    assertStringIncludes(String(server.ends[0].error?.cause ?? server.ends[0].error), state);
  }
});

Deno.test("what came before content broke off reaches the client", async () => {
  const body = new SteeredBody(30_000, [10_000]);
  body.readTo = (to) =>
    body.sent++ === 0
      ? Promise.resolve(fill(to, 10_000))
      : Promise.reject(new ProxyError("upstream_body_broken"));
  const server = serving(body);
  await server.ended();
  assertEquals(writes(server), [10_000]);
  assertEquals(server.ends[0].error?.kind, "upstream_body_broken");
});

Deno.test("a client that leaves ends the read of the content that it waited for", async () => {
  const body = new SteeredBody(30_000, [10_000]);
  const server = serving(body);
  await server.settle();
  server.connection.close();
  await server.ended();
  assertEquals(body.cancelled > 0, true);
  assertEquals(server.ends[0].error?.kind, "client_gone");
});
