import { assert, assertEquals, assertRejects } from "@std/assert";
import { ProxyError } from "../../../errors/mod.ts";
import {
  type Body,
  bodyFrom,
  drain,
  readAll,
  readText,
  toReadableStream,
} from "../../../core/http/mod.ts";
import { bytes, streamOf } from "./body_suite.ts";

const failure = new Error("broken");

/** A body that gives views of one buffer, as a connection does: a piece is gone at the next read. */
function reusingBody(texts: readonly string[]): Body {
  const buffer = new Uint8Array(16);
  let at = 0;
  return {
    read() {
      buffer.fill(0);
      if (at === texts.length) return Promise.resolve(null);
      const { written } = new TextEncoder().encodeInto(texts[at++], buffer);
      return Promise.resolve(buffer.subarray(0, written));
    },
    cancel() {},
  };
}

Deno.test("readAll() joins the pieces, also when the body uses its buffer again", async () => {
  assertEquals(await readAll(reusingBody(["one", "two", "x"])), bytes("onetwox"));
  assertEquals(await readAll(bodyFrom("")), bytes(""));
});

Deno.test("readText() does not break a character that two pieces share", async () => {
  const [a, b] = [bytes("ü").slice(0, 1), bytes("ü").slice(1)];
  assertEquals(await readText(bodyFrom(streamOf({ chunks: [a, b] }))), "ü");
});

for (const length of [undefined, 8]) {
  Deno.test(`readAll() refuses too much and cancels when the length is ${length}`, async () => {
    const told: unknown[] = [];
    const stream = streamOf({
      chunks: [bytes("1234"), bytes("5678")],
      onCancel: (why) => told.push(why),
    });
    const error = await assertRejects(
      () => readAll(bodyFrom(stream, { length }), { maxBytes: 7 }),
      ProxyError,
    );
    assertEquals(error.kind, "body_too_large");
    assertEquals(told, [error]);
  });
}

Deno.test("readAll() takes exactly as much as is allowed", async () => {
  assertEquals((await readAll(bodyFrom("1234567"), { maxBytes: 7 })).byteLength, 7);
});

Deno.test("readAll() passes on what the body breaks with", async () => {
  const body = bodyFrom(streamOf({ chunks: [bytes("a")], failure }));
  assertEquals(await assertRejects(() => readAll(body)), failure);
});

Deno.test("drain() counts what it drops", async () => {
  assertEquals(await drain(bodyFrom(streamOf({ chunks: [bytes("12"), bytes("345")] }))), 5);
});

Deno.test("toReadableStream() hands an untouched stream over as it is", async () => {
  const stream = streamOf({ chunks: [bytes("a")] });
  assert(toReadableStream(bodyFrom(stream)) === stream);
  await stream.cancel();
});

Deno.test("toReadableStream() copies pieces, so that the body may use its buffer again", async () => {
  const stream = toReadableStream(reusingBody(["one", "two", "x"]));
  assertEquals(await new Response(stream).text(), "onetwox");
});

Deno.test("toReadableStream() reads only when the reader asks", async () => {
  let reads = 0;
  const body: Body = {
    read: () => Promise.resolve(reads++ < 3 ? bytes("a") : null),
    cancel() {},
  };
  const reader = toReadableStream(body).getReader();
  assertEquals(reads, 0);
  await reader.read();
  assertEquals(reads, 1);
  await reader.cancel();
});

Deno.test("toReadableStream() fails with what the body breaks with", async () => {
  const body = bodyFrom(streamOf({ chunks: [bytes("a")], failure }));
  await body.read();
  assertEquals(await assertRejects(() => new Response(toReadableStream(body)).text()), failure);
});

Deno.test("toReadableStream() cancels the body when its reader has gone", async () => {
  const told: unknown[] = [];
  const body = bodyFrom(streamOf({
    chunks: [bytes("a"), bytes("b")],
    onCancel: (why) => told.push(why),
  }));
  await body.read();
  await toReadableStream(body).cancel("enough");
  assertEquals(told, ["enough"]);
});
