import { assert, assertEquals, assertFalse, assertStringIncludes } from "@std/assert";
import { bodyFrom, type BodySource, reply } from "../../../core/http/mod.ts";
import { Served } from "./_served.ts";

// What Deno.serve does to a reply between toFetch and the wire. It must do nothing but frame it.

const TEXT = "compressible ".repeat(1000);
const ASK =
  "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nAccept-Encoding: gzip, br, zstd\r\n\r\n";

/** Name and value of each field line of an answer. */
function fieldsOf(answer: string): [string, string][] {
  return answer.slice(0, answer.indexOf("\r\n\r\n")).split("\r\n").slice(1).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
}

async function* letters() {
  yield new TextEncoder().encode(TEXT);
}

const sources: readonly (readonly [name: string, make: () => BodySource])[] = [
  ["text", () => TEXT],
  ["bytes", () => new TextEncoder().encode(TEXT)],
  ["a stream", () => new Blob([TEXT]).stream()],
  ["an iterable", letters],
];

for (const [name, make] of sources) {
  for (const type of ["text/plain", "text/html; charset=utf-8", "application/json"]) {
    Deno.test(`Deno.serve does not compress ${name} of ${type}`, async () => {
      const headers = { "content-type": type, etag: '"strong"' };
      await using served = new Served(() => reply(200, make(), { headers }));
      const answer = await served.raw(ASK);
      const fields = new Map(fieldsOf(answer));
      assertEquals(fields.get("content-encoding"), undefined);
      assertEquals(fields.get("vary"), undefined);
      assertEquals(fields.get("etag"), '"strong"');
      assertEquals(fields.get("content-type"), type);
      assertStringIncludes(answer, TEXT);
    });
  }
}

Deno.test("Deno.serve adds nothing but Date and the framing", async () => {
  await using served = new Served(() => reply(200, TEXT, { headers: { "x-a": "1" } }));
  const names = fieldsOf(await served.raw(ASK)).map(([name]) => name).sort();
  assertEquals(names, ["connection", "content-length", "date", "x-a"]);
});

Deno.test("Deno.serve keeps the Date of a reply", async () => {
  const date = "Sun, 06 Nov 1994 08:49:37 GMT";
  await using served = new Served(() => reply(200, TEXT, { headers: { date } }));
  const dates = fieldsOf(await served.raw(ASK)).filter(([name]) => name === "date");
  assertEquals(dates, [["date", date]]);
});

Deno.test("Deno.serve passes content through that is encoded already", async () => {
  const packed = new Response(TEXT).body?.pipeThrough(new CompressionStream("gzip"));
  assert(packed !== undefined);
  const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
  const headers = { "content-encoding": "gzip", "content-type": "text/plain" };
  await using served = new Served(() => reply(200, bodyFrom(bytes), { headers }));
  const answer = await served.raw(ASK);
  const fields = new Map(fieldsOf(answer));
  assertEquals(fields.get("content-encoding"), "gzip");
  assertEquals(fields.get("content-length"), String(bytes.byteLength));
  assert(answer.endsWith(String.fromCharCode(...bytes)));
});

Deno.test("Deno.serve keeps the Content-Length of a HEAD", async () => {
  const headers = { "content-length": "123", "content-type": "text/plain" };
  await using served = new Served(() => reply(200, null, { headers }));
  const answer = await served.raw(ASK.replace("GET", "HEAD"));
  assertEquals(new Map(fieldsOf(answer)).get("content-length"), "123");
  assert(answer.endsWith("\r\n\r\n"));
});

// What it cannot be kept from. When Deno changes, one of these fails and can go.

Deno.test("Deno.serve takes the Content-Length off a 304, which may be left out (RFC 9110 §15.4.5)", async () => {
  const headers = { "content-length": "123", etag: '"a"' };
  await using served = new Served(() => reply(304, null, { headers }));
  const fields = new Map(fieldsOf(await served.raw(ASK)));
  assertEquals(fields.get("content-length"), undefined);
  assertEquals(fields.get("etag"), '"a"');
});

Deno.test("Deno.serve sends Connection: close of a reply and leaves it to the client to close", async () => {
  const headers = { connection: "close" };
  await using served = new Served(() => reply(200, "x", { headers }));
  using client = await served.connect();
  const request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  for (let i = 0; i < 2; i++) {
    await client.send(request);
    assertStringIncludes((await client.readMessage()).head, "connection: close\r\n");
  }
  client.close();
});

Deno.test("Deno.serve sends no reason phrase but its own, and field names in lower case", async () => {
  await using served = new Served(() =>
    reply(200, "x", { reason: "Fine", headers: { "X-Upper": "1" } })
  );
  const answer = await served.raw(ASK);
  assert(answer.startsWith("HTTP/1.1 200 OK\r\n"));
  assertStringIncludes(answer, "\r\nx-upper: 1\r\n");
  assertFalse(answer.includes("Fine"));
});
