import { assertEquals, assertRejects } from "@std/assert";
import { bodyFrom, HeaderList } from "../../../core/http/mod.ts";
import { type BodyParts, bodySuite, bytes, collect, streamOf } from "./body_suite.ts";

bodySuite("bodyFrom(bytes)", ({ chunks }) => bodyFrom(concat(chunks)), [
  "cannot break",
  "cannot stall",
  "knows its length",
]);

bodySuite("bodyFrom(stream)", (parts) => bodyFrom(streamOf(parts), parts));

bodySuite("bodyFrom(iterable)", (parts) => bodyFrom(iterableOf(parts), parts), [
  "tells no reason",
]);

Deno.test("bodyFrom() encodes a text as UTF-8", async () => {
  const body = bodyFrom("grüß");
  assertEquals(body.length, 6);
  assertEquals(await collect(body), "grüß");
});

Deno.test("bodyFrom() takes any async iterable, such as a generator", async () => {
  async function* letters() {
    yield bytes("a");
    yield bytes("b");
  }
  assertEquals(await collect(bodyFrom(letters())), "ab");
});

Deno.test("bodyFrom() runs what a generator does at its end when it is cancelled", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  async function* letters() {
    try {
      yield bytes("a");
      yield bytes("b");
    } finally {
      resolve();
    }
  }
  const body = bodyFrom(letters());
  await body.read();
  body.cancel();
  await promise;
  assertEquals(await body.read(), null);
});

Deno.test("bodyFrom() does not take the end of a generator that threw for the end of the content", async () => {
  async function* letters() {
    yield bytes("a");
    throw new Error("broken");
  }
  const body = bodyFrom(letters());
  await assertRejects(() => collect(body), Error, "broken");
  await assertRejects(() => body.read(), Error, "broken");
});

for (
  const source of ["text", bytes("bytes"), streamOf({ chunks: [] }), iterableOf({ chunks: [] })]
) {
  Deno.test(`bodyFrom() keeps the trailers of ${source.constructor.name}`, () => {
    const trailers = new HeaderList({ "x-sum": "1" });
    const body = bodyFrom(source, { trailers });
    assertEquals(body.trailers, trailers);
    body.cancel();
  });
}

function concat(chunks: BodyParts["chunks"]): Uint8Array {
  return new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
}

/** An iterator that can be returned from while it waits, as those over a socket can. */
function iterableOf(parts: BodyParts): AsyncIterable<Uint8Array> {
  let at = 0;
  const { promise: returned, resolve } = Promise.withResolvers<IteratorResult<Uint8Array>>();
  return {
    [Symbol.asyncIterator]: () => ({
      next() {
        if (at < parts.chunks.length) {
          return Promise.resolve({ done: false, value: parts.chunks[at++] });
        }
        if (parts.isStalled) return returned;
        if (parts.failure !== undefined) return Promise.reject(parts.failure);
        return Promise.resolve({ done: true, value: undefined });
      },
      return() {
        parts.onCancel?.(undefined);
        resolve({ done: true, value: undefined });
        return returned;
      },
    }),
  };
}
