import { assertEquals } from "@std/assert";
import { WireRequestHead } from "../../../../core/http1/codec/mod.ts";
import { RequestParser } from "../../../../core/mod.ts";
import { Inbound } from "../../../../core/http1/server/_inbound.ts";
import { type BodySource, RequestBody } from "../../../../core/http1/server/_request_body.ts";

const encoder = new TextEncoder();

/** A body whose connection has read so much of what comes behind the head. */
function received(content: string): { body: RequestBody; source: BodySource; go(): void } {
  const head = new WireRequestHead();
  const text = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
  new RequestParser().parse(encoder.encode(text), 0, text.length, head);
  const never = new Promise<number | null>(() => {});
  const { promise, resolve } = Promise.withResolvers<void>();
  const inbound = new Inbound({
    read: () => never,
    write: (bytes) => Promise.resolve(bytes.byteLength),
    closeWrite: () => Promise.resolve(),
    close() {},
  }, 1_024);
  inbound.unread(encoder.encode(content));
  const source: BodySource = {
    inbound,
    async readContent() {
      await promise;
      inbound.unread(encoder.encode("abcnext"));
      return 7;
    },
    sendContinue: () => promise,
    contentEnded() {},
  };
  return { body: new RequestBody(source, head), source, go: resolve };
}

Deno.test("RequestBody.readInto() gives content that has come whole, once", () => {
  const { body, source } = received("abcnext");
  const to = new Uint8Array(8);
  assertEquals(body.readInto(to, 1), 3);
  assertEquals(new TextDecoder().decode(to.subarray(1, 4)), "abc");
  assertEquals(body.readInto(to, 1), -1);
  assertEquals([source.inbound.end - source.inbound.start, body.receivedBytes], [4, 3]);
});

Deno.test("RequestBody.readInto() gives nothing to who comes behind the end of the exchange", async () => {
  const to = new Uint8Array(8);
  const released = received("abcnext");
  released.body.release();
  assertEquals(released.body.readInto(to, 0), -1);
  assertEquals(to, new Uint8Array(8));

  const draining = received("");
  draining.source.inbound.park();
  const drained = draining.body.drain(100);
  draining.source.inbound.unread(encoder.encode("abcnext"));
  assertEquals(draining.body.readInto(to, 0), -1);
  draining.go();
  assertEquals(await drained, true);
  assertEquals(draining.body.receivedBytes, 3);
});

Deno.test("RequestBody.readInto() gives nothing beside a read that waits", async () => {
  const { body, source, go } = received("");
  source.inbound.park();
  const reading = body.read();
  source.inbound.unread(encoder.encode("abcnext"));
  const to = new Uint8Array(8);
  assertEquals(body.readInto(to, 0), -1);
  go();
  assertEquals(new TextDecoder().decode(await reading ?? undefined), "abc");
});
