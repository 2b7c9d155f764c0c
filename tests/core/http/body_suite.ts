import { assert, assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import type { Body } from "../../../core/http/mod.ts";

/** What the body under test is made of. */
export interface BodyParts {
  /** The content, piece by piece; pieces may be empty. */
  readonly chunks: readonly Uint8Array<ArrayBuffer>[];
  /** What the maker of the body says of its length. */
  readonly length?: number;
  /** What the source fails with after its last piece, instead of ending. */
  readonly failure?: Error;
  /** The source waits for ever after its last piece. */
  readonly isStalled?: boolean;
  /** Called when the source is told that nobody wants the rest. */
  readonly onCancel?: (reason: unknown) => void;
}

/** Makes the implementation under test. */
export type BodyFactory = (parts: BodyParts) => Body;

/** What an implementation cannot do by its nature; those cases are left out by name. */
export type BodyLimit = "cannot break" | "cannot stall" | "tells no reason" | "knows its length";

/** What every `Body` does; `name` names the implementation. */
export function bodySuite(
  name: string,
  make: BodyFactory,
  limits: readonly BodyLimit[] = [],
): void {
  const has = (limit: BodyLimit): boolean => limits.includes(limit);
  const chunks = [bytes("one"), bytes(""), bytes("two"), bytes("three")];

  Deno.test(`${name}: read() gives the content in order, then null as often as asked`, async () => {
    const body = make({ chunks });
    assertEquals(await collect(body), "onetwothree");
    assertEquals(await body.read(), null);
    assertEquals(await body.read(), null);
  });

  Deno.test(`${name}: read() gives no empty piece`, async () => {
    const body = make({ chunks });
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
      assert(chunk.byteLength > 0);
    }
  });

  Deno.test(`${name}: read() of nothing gives null`, async () => {
    assertEquals(await make({ chunks: [] }).read(), null);
    assertEquals(await make({ chunks: [bytes("")] }).read(), null);
  });

  Deno.test(`${name}: length is what is known before the first read`, async () => {
    const body = make({ chunks, length: 11 });
    assertEquals(body.length, 11);
    assertEquals(await collect(body), "onetwothree");
  });

  if (!has("knows its length")) {
    Deno.test(`${name}: length is undefined when nobody knows it`, () => {
      const body = make({ chunks });
      assertEquals(body.length, undefined);
      body.cancel();
    });

    Deno.test(`${name}: read() rejects when content is missing to its length`, async () => {
      await assertRejects(() => collect(make({ chunks, length: 12 })));
    });

    Deno.test(`${name}: read() rejects when there is more content than its length`, async () => {
      const told: unknown[] = [];
      const body = make({ chunks, length: 7, isStalled: true, onCancel: (why) => told.push(why) });
      await assertRejects(() => collect(body));
      assertEquals(told.length, 1);
    });
  }

  Deno.test(`${name}: cancel() before the first read gives everything up`, async () => {
    const body = make({ chunks });
    body.cancel(new Error("not wanted"));
    await assertGivesNothing(body);
    assertEquals(body.takeBytes?.() ?? null, null);
    assertEquals(body.takeStream?.() ?? null, null);
  });

  Deno.test(`${name}: cancel() between reads gives the rest up, and a second time does nothing`, async () => {
    const body = make({ chunks });
    assert(await body.read() !== null);
    body.cancel(new Error("enough"));
    body.cancel(new Error("again"));
    await assertGivesNothing(body);
  });

  Deno.test(`${name}: cancel() after the end does nothing`, async () => {
    const told: unknown[] = [];
    const body = make({ chunks, onCancel: (why) => told.push(why) });
    await collect(body);
    body.cancel(new Error("late"));
    assertEquals(told, []);
    assertEquals(await body.read(), null);
  });

  if (!has("cannot stall")) {
    Deno.test(`${name}: cancel() tells the sender, once`, async () => {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      let count = 0;
      const body = make({
        chunks,
        isStalled: true,
        onCancel: (why) => {
          count++;
          resolve(why);
        },
      });
      assert(await body.read() !== null);
      const reason = new Error("enough");
      body.cancel(reason);
      body.cancel(reason);
      const told = await promise;
      if (!has("tells no reason")) assertEquals(told, reason);
      assertEquals(count, 1);
    });

    Deno.test(`${name}: cancel() settles the read that waits`, async () => {
      const body = make({ chunks: [bytes("a")], isStalled: true });
      assert(await body.read() !== null);
      const waiting = body.read();
      body.cancel(new Error("enough"));
      assertEquals(await waiting.catch(() => null), null);
    });
  }

  if (!has("cannot break")) {
    Deno.test(`${name}: read() rejects when the content breaks off, and goes on to do so`, async () => {
      const body = make({ chunks, failure: new Error("broken") });
      await assertRejects(() => collect(body));
      await assertRejects(() => body.read());
      body.cancel();
    });
  }

  Deno.test(`${name}: takeBytes() gives all or nothing, and uses the body up`, async () => {
    const body = make({ chunks });
    const taken = body.takeBytes?.() ?? null;
    if (taken === null) return assertEquals(await collect(body), "onetwothree");
    assertEquals(new TextDecoder().decode(taken), "onetwothree");
    assertEquals(body.takeBytes?.() ?? null, null);
    assertEquals(await body.read(), null);
  });

  Deno.test(`${name}: takeStream() gives all or nothing, and uses the body up`, async () => {
    const body = make({ chunks });
    const taken = body.takeStream?.() ?? null;
    if (taken === null) return assertEquals(await collect(body), "onetwothree");
    assertEquals(
      await new Response(taken as ReadableStream<Uint8Array<ArrayBuffer>>).text(),
      "onetwothree",
    );
    assertEquals(body.takeStream?.() ?? null, null);
    assertEquals(await body.read(), null);
  });

  Deno.test(`${name}: readInto() copies all or nothing, and uses the body up`, async () => {
    const tight = make({ chunks });
    assertEquals(tight.readInto?.(new Uint8Array(12), 2) ?? -1, -1);
    assertEquals(await collect(tight), "onetwothree");
    const body = make({ chunks });
    const to = new Uint8Array(16).fill(46);
    if ((body.readInto?.(to, 2) ?? -1) < 0) return assertEquals(await collect(body), "onetwothree");
    assertEquals(text(to), "..onetwothree...");
    assertEquals(body.readInto?.(to, 0) ?? -1, -1);
    assertEquals(await body.read(), null);
  });

  Deno.test(`${name}: takeBytes() and takeStream() give nothing once reading has begun`, async () => {
    const body = make({ chunks: [bytes("a"), bytes("b")] });
    const first = await body.read();
    assert(first !== null);
    const begun = text(first);
    assertEquals(body.takeBytes?.() ?? null, null);
    assertEquals(body.takeStream?.() ?? null, null);
    assertEquals(begun + await collect(body), "ab");
  });

  Deno.test(`${name}: gives the same bytes however they are cut (property)`, async () => {
    const piece = fc.uint8Array({ maxLength: 40 }).map((array) => new Uint8Array(array));
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 12 }),
        fc.boolean(),
        async (pieces, isKnown) => {
          const whole = pieces.flatMap((piece) => [...piece]);
          const body = make({ chunks: pieces, length: isKnown ? whole.length : undefined });
          const read: number[] = [];
          for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
            read.push(...chunk);
          }
          assertEquals(read, whole);
        },
      ),
      { numRuns: 100, verbose: 1 },
    );
  });
}

/** UTF-8. */
export function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** A body's content as text, each piece taken before the next is asked for. */
export async function collect(body: Body): Promise<string> {
  let all = "";
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) all += text(chunk);
  return all;
}

/** A stream that plays the parts, one piece for each pull. */
export function streamOf(parts: BodyParts): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at < parts.chunks.length) return controller.enqueue(parts.chunks[at++]);
      if (parts.isStalled) return new Promise(() => {});
      if (parts.failure !== undefined) return controller.error(parts.failure);
      controller.close();
    },
    cancel: (reason) => parts.onCancel?.(reason),
  }, { highWaterMark: 0 });
}

function text(chunk: Uint8Array): string {
  return new TextDecoder().decode(chunk);
}

async function assertGivesNothing(body: Body): Promise<void> {
  assertEquals(await body.read().catch(() => null), null);
}
