import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createSocket } from "node:dgram";
import { Buffer } from "node:buffer";
import {
  AddressCache,
  type AddressCacheOptions,
  CancelSource,
  systemResolver,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { settle } from "./_fake_upstream.ts";
import { kindOf } from "./_http1_tools.ts";

/** A cache over a resolver whose answers are given by hand. */
function cached(options: AddressCacheOptions = {}) {
  const clock = new FakeClock();
  const lookups: PromiseWithResolvers<readonly string[]>[] = [];
  const state = {
    ttlMs: 60_000 as number | null,
    answer: null as readonly string[] | Error | null,
  };
  const cache = new AddressCache({
    clock,
    resolver: {
      lookup() {
        const lookup = Promise.withResolvers<readonly string[]>();
        lookups.push(lookup);
        if (state.answer instanceof Error) lookup.reject(state.answer);
        else if (state.answer !== null) lookup.resolve(state.answer);
        return lookup.promise;
      },
      ttlMs: () => Promise.resolve(state.ttlMs),
    },
    ...options,
  });
  return { cache, clock, lookups, state };
}

Deno.test("AddressCache takes an address for itself", async () => {
  const { cache, lookups } = cached();
  for (const address of ["192.0.2.1", "::1", "2001:db8::1"]) {
    assertEquals(await cache.addresses(address), [address]);
  }
  assertEquals(lookups.length, 0);
});

Deno.test("AddressCache keeps an answer as long as its time to live", async () => {
  const { cache, clock, lookups, state } = cached();
  state.answer = ["192.0.2.1"];
  assertEquals(await cache.addresses("a"), ["192.0.2.1"]);
  await settle();
  clock.advance(59_999);
  state.answer = ["192.0.2.2"];
  assertEquals([await cache.addresses("a"), lookups.length], [["192.0.2.1"], 1]);
  clock.advance(1);
  assertEquals([await cache.addresses("a"), lookups.length], [["192.0.2.2"], 2]);
});

for (
  const [name, ttlMs, keptMs] of [
    ["no time to live", null, 30_000],
    ["a time to live of nothing", 0, 1_000],
    ["a time to live of a week", 604_800_000, 300_000],
  ] as const
) {
  Deno.test(`AddressCache keeps an answer with ${name} for ${keptMs} ms`, async () => {
    const { cache, clock, lookups, state } = cached();
    Object.assign(state, { ttlMs, answer: ["192.0.2.1"] });
    await cache.addresses("a");
    await settle();
    clock.advance(keptMs - 1);
    await cache.addresses("a");
    assertEquals(lookups.length, 1);
    clock.advance(1);
    await cache.addresses("a");
    assertEquals(lookups.length, 2);
  });
}

Deno.test("AddressCache makes one look-up for all that ask at a time", async () => {
  const { cache, lookups } = cached();
  const asked = [cache.addresses("a"), cache.addresses("a"), cache.addresses("b")];
  assertEquals(lookups.length, 2);
  lookups[0].resolve(["192.0.2.1"]);
  lookups[1].resolve(["192.0.2.2"]);
  assertEquals(await Promise.all(asked), [["192.0.2.1"], ["192.0.2.1"], ["192.0.2.2"]]);
});

Deno.test("AddressCache remembers a failure for a short time", async () => {
  const { cache, clock, lookups, state } = cached();
  state.answer = new Error("ENOTFOUND");
  const error = await assertRejects(() => cache.addresses("a"), ProxyError, 'Cannot resolve "a"');
  assertEquals([error.kind, error.cause], ["dns_failed", state.answer]);
  assertEquals(await kindOf(cache.addresses("a")), "dns_failed");
  assertEquals(lookups.length, 1);
  clock.advance(2_000);
  state.answer = ["192.0.2.1"];
  assertEquals(await cache.addresses("a"), ["192.0.2.1"]);
});

Deno.test("AddressCache takes an empty answer for a failure", async () => {
  const { cache, state } = cached();
  state.answer = [];
  assertEquals(await kindOf(cache.addresses("a")), "dns_failed");
});

Deno.test("AddressCache serves the last good answer while the resolver fails", async () => {
  const { cache, clock, lookups, state } = cached();
  state.answer = ["192.0.2.1"];
  await cache.addresses("a");
  await settle();
  clock.advance(60_000);
  state.answer = new Error("SERVFAIL");
  assertEquals(await cache.addresses("a"), ["192.0.2.1"]);
  assertEquals([await cache.addresses("a"), lookups.length], [["192.0.2.1"], 2]);
  clock.advance(2_000);
  assertEquals([await cache.addresses("a"), lookups.length], [["192.0.2.1"], 3]);
  // But not for ever.
  clock.advance(3_600_000);
  assertEquals(await kindOf(cache.addresses("a")), "dns_failed");
});

Deno.test("AddressCache waits for a silent resolver no longer than it may", async () => {
  const { cache, clock, lookups } = cached();
  const kind = kindOf(cache.addresses("a"));
  clock.advance(5_000);
  assertEquals([await kind, clock.timerCount], ["dns_failed", 0]);
  // What comes after all is taken; and there is never a second look-up beside the first.
  clock.advance(2_000);
  const again = cache.addresses("a");
  lookups[0].resolve(["192.0.2.1"]);
  assertEquals([await again, lookups.length], [["192.0.2.1"], 1]);
});

Deno.test("AddressCache waits a second for a silent resolver where it has an answer", async () => {
  const { cache, clock, lookups, state } = cached();
  state.answer = ["192.0.2.1"];
  await cache.addresses("a");
  await settle();
  clock.advance(60_000);
  state.answer = null;
  const asked = cache.addresses("a");
  clock.advance(1_000);
  assertEquals(await asked, ["192.0.2.1"]);
  lookups[1].resolve(["192.0.2.2"]);
  await settle();
  assertEquals(await cache.addresses("a"), ["192.0.2.2"]);
});

Deno.test("AddressCache ends a wait that is cancelled, and no other", async () => {
  const { cache, clock, lookups } = cached();
  const cancel = new CancelSource();
  const cancelled = kindOf(cache.addresses("a", cancel));
  const asked = cache.addresses("a");
  cancel.cancel(new ProxyError("client_gone"));
  assertEquals([await cancelled, clock.timerCount], ["client_gone", 1]);
  lookups[0].resolve(["192.0.2.1"]);
  assertEquals([await asked, lookups.length, clock.timerCount], [["192.0.2.1"], 1, 0]);
});

Deno.test("AddressCache does not wait for the time to live", async () => {
  const clock = new FakeClock();
  const cache = new AddressCache({
    clock,
    resolver: { lookup: () => Promise.resolve(["192.0.2.1"]), ttlMs: () => new Promise(() => {}) },
  });
  assertEquals(await cache.addresses("a"), ["192.0.2.1"]);
});

Deno.test("AddressCache does without a time to live that cannot be asked", async () => {
  const cache = new AddressCache({
    resolver: {
      lookup: () => Promise.resolve(["192.0.2.1"]),
      ttlMs: () => Promise.reject(new Error("EREFUSED")),
    },
  });
  assertEquals(await cache.addresses("a"), ["192.0.2.1"]);
  await settle();
});

Deno.test("AddressCache forgets the name that was resolved longest ago", async () => {
  const { cache, lookups, state } = cached({ maxNames: 2 });
  state.answer = ["192.0.2.1"];
  for (const name of ["a", "b", "a", "c", "b", "c"]) await cache.addresses(name);
  assertEquals(lookups.length, 3);
  await cache.addresses("a");
  assertEquals(lookups.length, 4);
});

for (
  const options of [{ maxNames: 0 }, { maxNames: 1.5 }, { minTtlMs: -1 }, { lookupTimeoutMs: NaN }]
) {
  Deno.test(`AddressCache refuses ${JSON.stringify(options)}`, () => {
    assertThrows(() => new AddressCache(options), RangeError);
  });
}

/** A DNS server that knows one name, with two addresses and a time to live of 7 s. */
async function dnsServer(): Promise<AsyncDisposable & { address: string }> {
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    let end = 12;
    while (query[end] !== 0) end += query[end] + 1;
    const question = query.subarray(12, end + 5);
    const isKnown = question.toString("latin1").startsWith("\x03app\x04test\0");
    const isAddress = query.readUInt16BE(end + 1) === 1;
    const answers = isKnown && isAddress ? [1, 2] : [];
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(isKnown ? 0x8180 : 0x8183, 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(answers.length, 6);
    const records = answers.map((last) =>
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 6 + last, 0, 4, 192, 0, 2, last])
    );
    socket.send(Buffer.concat([head, question, ...records]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", () => resolve()));
  return {
    address: `127.0.0.1:${socket.address().port}`,
    async [Symbol.asyncDispose]() {
      await new Promise<void>((resolve) => socket.close(() => resolve()));
    },
  };
}

Deno.test("systemResolver() asks DNS for the shortest time to live", async () => {
  await using server = await dnsServer();
  const resolver = systemResolver({ servers: [server.address] });
  assertEquals(await resolver.ttlMs("app.test"), 7_000);
  assertEquals(await resolver.ttlMs("none.test"), null);
});

Deno.test("systemResolver() rejects for a name that nobody knows", async () => {
  const error = await assertRejects(() => systemResolver().lookup("does-not-exist.invalid"), Error);
  assert("code" in error);
});
