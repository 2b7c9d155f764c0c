import { assertEquals, assertThrows } from "@std/assert";
import {
  cloneRequestHead,
  HeaderList,
  type RequestHead,
  requestHead,
  type ResponseHead,
  responseHead,
} from "../../../../core/http/mod.ts";
import {
  Framing,
  requestHeadLength,
  responseHeadLength,
  setFraming,
  writeRequestHead,
  writeResponseHead,
} from "../../../../core/http1/codec/mod.ts";
import { bytesOf, parseRequest, parseResponse, request, response, textOf } from "./_support.ts";

function written(head: RequestHead, extra: Uint8Array | null = null): string {
  const bytes = new Uint8Array(requestHeadLength(head, extra));
  return textOf(bytes.subarray(0, writeRequestHead(bytes, 0, head, extra)));
}

function writtenReply(head: ResponseHead, extra: Uint8Array | null = null): string {
  const bytes = new Uint8Array(responseHeadLength(head, extra));
  return textOf(bytes.subarray(0, writeResponseHead(bytes, 0, head, extra)));
}

Deno.test("writeRequestHead() gives a received head byte for byte", () => {
  const text = request("Host: a\r\nX:  \xe9 \r\n", "GET /a/../b?\xff HTTP/1.1");
  assertEquals(written(parseRequest(text).head), text);
});

Deno.test("writeRequestHead() sends its own version (RFC 9110 §2.5)", () => {
  const text = request("Host: a\r\n", "GET / HTTP/1.0");
  assertEquals(written(parseRequest(text).head), request("Host: a\r\n"));
});

Deno.test("writeRequestHead() sends an absolute-form as origin-form (RFC 9112 §3.2.1)", () => {
  const forms: readonly (readonly [line: string, written: string])[] = [
    ["GET http://b/x?y HTTP/1.1", "GET /x?y HTTP/1.1"],
    ["GET http://b?y HTTP/1.1", "GET /?y HTTP/1.1"],
    ["OPTIONS http://b HTTP/1.1", "OPTIONS * HTTP/1.1"],
  ];
  for (const [line, expected] of forms) {
    const { head } = parseRequest(request("Host: a\r\nX: 1\r\n", line));
    assertEquals(written(head), request("host: b\r\nX: 1\r\n", expected));
  }
});

Deno.test("writeRequestHead() writes what was set", () => {
  const { head } = parseRequest(request("Host: a\r\n", "GET /old HTTP/1.1"));
  head.method = "PUT";
  head.target = "/new";
  head.authority = "b";
  head.headers.append("X", "1");
  assertEquals(written(head), request("host: b\r\nX: 1\r\n", "PUT /new HTTP/1.1"));
});

Deno.test("writeRequestHead() writes heads of strings, and extra lines last", () => {
  const head = requestHead({ target: "/a", authority: "b", headers: { x: "\xe9" } });
  const extra = bytesOf("Via: 1.1 p\r\n");
  assertEquals(
    written(head, extra),
    request("x: \xe9\r\nhost: b\r\nVia: 1.1 p\r\n", "GET /a HTTP/1.1"),
  );
  const copy = cloneRequestHead(parseRequest(request("Host: a\r\n")).head);
  assertEquals(written(copy, extra), request("Host: a\r\nVia: 1.1 p\r\n"));
});

const BREAKOUTS: readonly (readonly [name: string, spoil: (head: RequestHead) => void])[] = [
  ["a blank in the method", (head) => head.method = "GET /x"],
  ["an empty method", (head) => head.method = ""],
  ["CRLF in the target", (head) => head.target = "/ HTTP/1.1\r\nX: 1\r\n\r\n"],
  ["a blank in the target", (head) => head.target = "/a b"],
  ["an empty target", (head) => head.target = ""],
  ["a fragment in the target", (head) => head.target = "/a#b"],
  ["a wide character in the target", (head) => head.target = "/\u0100"],
];

for (const [name, spoil] of BREAKOUTS) {
  Deno.test(`writeRequestHead() refuses ${name}`, () => {
    for (const head of [requestHead(), parseRequest(request("Host: a\r\n")).head]) {
      spoil(head);
      assertThrows(() => written(head), TypeError, "Cannot write the request");
    }
  });
}

Deno.test("writeRequestHead() refuses fields that nobody has checked", () => {
  const lines: readonly (readonly [string, string])[] = [
    ["x\r\ny", "1"],
    ["x", "1\r\ny: 2"],
    ["x", "\u0100"],
    ["", "1"],
  ];
  for (const line of lines) {
    const head: RequestHead = { ...requestHead(), headers: HeaderList.fromTrusted([line]) };
    assertThrows(() => written(head), TypeError, "Cannot set");
  }
});

Deno.test("write…Head() refuses bytes that do not suffice", () => {
  const received = parseRequest(request("Host: a.example.com\r\nX-Tag: 1\r\n")).head;
  const heads = [requestHead({ headers: { a: "b" } }), received];
  for (const head of heads) {
    for (let length = 0; length < requestHeadLength(head); length++) {
      assertThrows(() => writeRequestHead(new Uint8Array(length), 0, head), RangeError);
    }
  }
});

Deno.test("writeResponseHead() gives a received head byte for byte", () => {
  for (const line of ["HTTP/1.1 200 OK", "HTTP/1.1 200 ", "HTTP/1.1 404 Weg \xe9"]) {
    const text = response("A: b\r\nSet-Cookie: c\r\n", line);
    assertEquals(writtenReply(parseResponse(text).head), text);
  }
});

Deno.test("writeResponseHead() sends its own version, and the blank that was missing", () => {
  const old = parseResponse(response("", "HTTP/1.0 200 Fine")).head;
  assertEquals(writtenReply(old), response("", "HTTP/1.1 200 Fine"));
  const short = parseResponse(response("", "HTTP/1.1 299")).head;
  assertEquals(writtenReply(short), response("", "HTTP/1.1 299 "));
});

Deno.test("writeResponseHead() writes what was set", () => {
  const { head } = parseResponse(response("A: b\r\n", "HTTP/1.1 200 OK"));
  head.status = 404;
  assertEquals(writtenReply(head), response("A: b\r\n", "HTTP/1.1 404 OK"));
  head.reason = "";
  assertEquals(writtenReply(head), response("A: b\r\n", "HTTP/1.1 404 Not Found"));
  head.reason = "Gone away";
  assertEquals(writtenReply(head), response("A: b\r\n", "HTTP/1.1 404 Gone away"));
});

Deno.test("writeResponseHead() writes heads of strings, and extra lines last", () => {
  const head = responseHead(200, { a: "b" });
  const extra = bytesOf("Connection: close\r\n");
  assertEquals(writtenReply(head, extra), response("a: b\r\nConnection: close\r\n"));
  assertEquals(writtenReply(responseHead(299)), response("", "HTTP/1.1 299 "));
});

Deno.test("writeResponseHead() refuses what would break out", () => {
  const bad = (head: ResponseHead) => assertThrows(() => writtenReply(head), TypeError);
  bad(responseHead(200, [], { reason: "OK\r\nX: 1" }));
  bad({ ...responseHead(200), status: 99 });
  bad({ ...responseHead(200), status: 200.5 });
  bad({ ...responseHead(200), status: NaN });
});

Deno.test("setFraming() leaves a line that is right where it is", () => {
  const { head } = parseRequest(request("Host: a\r\nContent-Length: 5\r\nX: 1\r\n"));
  setFraming(head.headers, Framing.LENGTH, 5);
  assertEquals([...head.headers.keys()], ["Host", "Content-Length", "X"]);
});

Deno.test("setFraming() makes the fields agree whatever a filter has set", () => {
  const starts = [
    new HeaderList({ "content-length": ["5", "6"], "transfer-encoding": "gzip", x: "1" }),
    parseRequest(request("Host: a\r\nx: 1\r\n")).head.headers,
  ];
  for (const start of starts) {
    start.delete("host");
    start.append("Content-Length", "7");
    start.append("Transfer-Encoding", "chunked");
    start.append("Transfer-Encoding", "chunked");
    const after = (framing: Framing, length?: number) => {
      const headers = start.clone();
      setFraming(headers, framing, length);
      return Object.fromEntries([...headers].map(([name, value]) => [name.toLowerCase(), value]));
    };
    assertEquals(after(Framing.NONE), { x: "1" });
    assertEquals(after(Framing.CLOSE), { x: "1" });
    assertEquals(after(Framing.LENGTH, 0), { x: "1", "content-length": "0" });
    assertEquals(after(Framing.CHUNKED), { x: "1", "transfer-encoding": "chunked" });
  }
});
