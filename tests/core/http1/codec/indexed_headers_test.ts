import { assert, assertEquals, assertFalse, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { HeaderList } from "../../../../core/http/mod.ts";
import {
  IndexedHeaders,
  KnownField,
  RequestParser,
  WireRequestHead,
} from "../../../../core/http1/codec/mod.ts";
import { headerMapSuite } from "../../http/header_map_suite.ts";
import { bytesOf, parseRequest, textOf } from "./_support.ts";

type Lines = readonly (readonly [string, string])[];

/** A map whose lines were all received. */
function received(lines: Lines): IndexedHeaders {
  const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const { fault, head } = parseRequest(`GET / HTTP/1.0\r\n${text}\r\n`, { maxFields: 1000 });
  // Names that decide about framing would be refused in lines as random as these.
  assertEquals(fault, null);
  return head.headers;
}

/** A map whose lines were all added. */
function added(lines: Lines): IndexedHeaders {
  const headers = new IndexedHeaders();
  for (const [name, value] of lines) headers.append(name, value);
  return headers;
}

/** A map of which every second line was received, and one that was is gone. */
function mixed(lines: Lines): IndexedHeaders {
  const half = lines.length >> 1;
  const headers = received([["x-gone", "1"], ...lines.slice(0, half)]);
  headers.delete("x-gone");
  for (const [name, value] of lines.slice(half)) headers.append(name, value);
  return headers;
}

headerMapSuite("IndexedHeaders (received)", received);
headerMapSuite("IndexedHeaders (added)", added);
headerMapSuite("IndexedHeaders (mixed)", mixed);

function written(headers: IndexedHeaders): string {
  const length = headers.byteLength();
  const bytes = new Uint8Array(length + 8).fill(0x2e);
  const end = headers.write(bytes, 4);
  assert(end - 4 <= length, "byteLength() is an upper bound");
  assertEquals(textOf(bytes.subarray(0, 4)), "....");
  assertEquals(bytes[end], 0x2e, "nothing is written behind the end");
  return textOf(bytes.subarray(4, end));
}

Deno.test("write() gives untouched lines byte for byte, blanks around values too", () => {
  const lines = "Host:a\r\nX-A:\t 1 \t\r\nX-B:   \r\nx-a: 2\r\n";
  const { head } = parseRequest(`GET / HTTP/1.1\r\n${lines}\r\n`);
  assertEquals(written(head.headers), lines);
  assertEquals(head.headers.get("x-a"), "1, 2");
  assertEquals(head.headers.get("x-b"), "");
});

Deno.test("write() keeps the place of lines that were set and leaves out removed ones", () => {
  const { head } = parseRequest(
    "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nB: 4\r\n\r\n",
  );
  const { headers } = head;
  headers.set("b", "x");
  headers.delete("A");
  headers.append("D", "5");
  headers.append("E", "6");
  headers.delete("d");
  headers.set("E", "7");
  assertEquals(written(headers), "Host: a\r\nb: x\r\nC: 3\r\nE: 7\r\n");
});

Deno.test("write() gives what HeaderList holds after the same steps (property)", () => {
  const name = fc.constantFrom("a", "A", "x-tag", "X-Tag", "X-TAB", "Via", "Set-Cookie");
  const value = fc.stringMatching(/^[!-~]{0,40}$/);
  const step = fc.tuple(fc.constantFrom("set", "append", "delete"), name, value);
  // One for all messages, as a connection has it: nothing of an earlier one may show.
  const parser = new RequestParser({ maxFields: 1000 });
  const head = new WireRequestHead();
  fc.assert(
    fc.property(
      fc.array(fc.tuple(name, value), { maxLength: 24 }),
      fc.array(step, { maxLength: 60 }),
      (lines, steps) => {
        const text = lines.map(([name, value]) => `${name}: ${value}\r\n`).join("");
        const bytes = bytesOf(`GET / HTTP/1.0\r\n${text}\r\n`);
        assertEquals(parser.parse(bytes, 0, bytes.length, head), bytes.length);
        const { headers } = head;
        const list = new HeaderList(lines);
        for (const [verb, name, value] of steps) {
          for (const map of [headers, list]) {
            if (verb === "delete") map.delete(name);
            else if (verb === "set") map.set(name, value);
            else map.append(name, value);
          }
        }
        assertEquals([...headers], [...list]);
        const expected = [...list].map(([name, value]) => `${name}: ${value}\r\n`).join("");
        assertEquals(written(headers), expected);
        assertEquals(written(headers.clone()), expected);
        assertEquals([...new HeaderList(headers)], [...list]);
      },
    ),
    { numRuns: 2_000, verbose: 1 },
  );
});

Deno.test("lines that were set over and over do not pile up", () => {
  const { head } = parseRequest("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const { headers } = head;
  for (let i = 0; i < 10_000; i++) {
    headers.set("x-count", String(i));
    headers.append("x-more", "1");
    headers.delete("x-more");
  }
  assertEquals([...headers], [["Host", "a"], ["x-count", "9999"]]);
  assert(headers.byteLength() < 2_000, `${headers.byteLength()} bytes`);
});

Deno.test("names with the same hash are told apart by their bytes", () => {
  // Length and first, middle and last letters are all that the hash has of a name.
  const { headers } = parseRequest(
    "GET / HTTP/1.1\r\nHost: a\r\nContent-Lexgth: 1\r\nCoxtent-Length: 2\r\nContent-Length: 3\r\n\r\n",
  ).head;
  assertEquals(headers.get("content-length"), "3");
  assertEquals(headers.get("coxtent-length"), "2");
  assertFalse(headers.has("coxtent-lexgth"));
  headers.delete("content-lexgth");
  assertEquals([...headers.keys()], ["Host", "Coxtent-Length", "Content-Length"]);
});

Deno.test("findKnown() and its like find what get() finds", () => {
  const text = "GET / HTTP/1.1\r\nHOST: a\r\nVia: 1.1 x\r\nvia: 1.1 y\r\n\r\n";
  const { headers } = parseRequest(text).head;
  const first = headers.findKnown(KnownField.VIA);
  const second = headers.findKnown(KnownField.VIA, first + 1);
  assertEquals(headers.nameAt(second), "via");
  assertEquals(headers.valueAt(second), "1.1 y");
  assertEquals(headers.findKnown(KnownField.COOKIE), -1);
  headers.delete("via");
  assertEquals(headers.findKnown(KnownField.VIA), -1);
});

Deno.test("valueAt() gives the string that it was told where the value is the same", () => {
  const { headers } = parseRequest("GET / HTTP/1.1\r\nHost: a.example.com:8080\r\n\r\n").head;
  const place = headers.findKnown(KnownField.HOST);
  const last = headers.valueAt(place);
  assertStrictEquals(headers.valueAt(place, last), last);
  assertEquals(headers.valueAt(place, "b.example.com:8080"), last);
});

Deno.test("clone() and detach() survive that the buffer is used again", () => {
  const bytes = bytesOf("GET /x HTTP/1.1\r\nHost: a\r\nX-Tag: \xe9\r\n\r\n");
  const { head } = parseRequest(bytes);
  head.headers.append("x-own", "1");
  const copy = head.headers.clone();
  head.detach();
  bytes.fill(0x5a);
  const expected = [["Host", "a"], ["X-Tag", "\xe9"], ["x-own", "1"]];
  assertEquals([...copy], expected);
  assertEquals([...head.headers], expected);
  assertEquals([head.target, head.authority], ["/x", "a"]);
});

Deno.test("copyTo() makes a copy over the same bytes, whatever was in it before", () => {
  const { headers } = parseRequest("GET / HTTP/1.1\r\nHost: a\r\nX-Tag: 1\r\n\r\n").head;
  headers.append("x-own", "1");
  const copy = added(Array.from({ length: 50 }, (_, i) => ["x-old", String(i)]));
  headers.copyTo(copy);
  copy.set("x-tag", "2");
  assertEquals(written(headers), "Host: a\r\nX-Tag: 1\r\nx-own: 1\r\n");
  assertEquals(written(copy), "Host: a\r\nx-tag: 2\r\nx-own: 1\r\n");
});

Deno.test("WireRequestHead.copyTo() makes a head that changes apart", () => {
  const { head } = parseRequest("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  const { head: copy } = parseRequest("GET http://b/old HTTP/1.1\r\nHost: b\r\n\r\n");
  copy.target = "/set";
  head.copyTo(copy);
  const facts = (of: WireRequestHead) => [of.method, of.target, of.authority, of.contentLength];
  assertEquals(facts(copy), ["POST", "/x", "a", 5]);
  assertEquals(copy.isLineReceived, true);
  copy.target = "/y";
  copy.authority = "c";
  assertEquals(facts(head), ["POST", "/x", "a", 5]);
  assertEquals(facts(copy), ["POST", "/y", "c", 5]);
});

Deno.test("rebase() follows bytes that the connection has moved", () => {
  const bytes = bytesOf("GET /y HTTP/1.1\r\nHost: a\r\n\r\n");
  const { head } = parseRequest(bytes);
  const moved = new Uint8Array(bytes.length + 7);
  moved.set(bytes, 7);
  bytes.fill(0);
  head.rebase(moved, 7);
  assertEquals([head.target, head.authority], ["/y", "a"]);
  assertEquals(written(head.headers), "Host: a\r\n");
});

Deno.test("reset() leaves nothing of the message before", () => {
  const headers = added([["a", "1"], ["b", "x".repeat(10_000)]]);
  headers.reset();
  assertEquals([headers.size, headers.get("a"), written(headers)], [0, null, ""]);
});

Deno.test("singleLength() reads one well-formed Content-Length", () => {
  const headers = new IndexedHeaders();
  assertEquals(headers.singleLength(), -1);
  headers.append("content-length", "42");
  assertEquals(headers.singleLength(), 42);
  headers.append("Content-Length", "42");
  assertEquals(headers.singleLength(), -1);
  headers.set("content-length", "4x");
  assertEquals(headers.singleLength(), -1);
  const { head } = parseRequest("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n");
  assertEquals(head.headers.singleLength(), 7);
});
