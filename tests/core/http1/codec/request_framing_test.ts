import { assertEquals } from "@std/assert";
import { Framing } from "../../../../core/http1/codec/mod.ts";
import { parseRequest, request } from "./_support.ts";

type Case = readonly [name: string, lines: string, fault: string, status: number];

const REFUSED: readonly Case[] = [
  // Content-Length
  ["RFC 9110 §8.6: plus sign", "Content-Length: +5\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: minus sign", "Content-Length: -5\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: minus zero", "Content-Length: -0\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: letters", "Content-Length: abc\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: empty", "Content-Length:\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: a blank in it", "Content-Length: 1 0\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: hexadecimal", "Content-Length: 0x5\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: octal", "Content-Length: 0o5\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: underscore", "Content-Length: 1_0\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: a fraction", "Content-Length: 5.0\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: an exponent", "Content-Length: 1e1\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: a leading zero", "Content-Length: 05\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: two zeros", "Content-Length: 00\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: 2^53", "Content-Length: 9007199254740992\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9110 §8.6: above 2^64", "Content-Length: 18446744073709551621\r\n", "CONTENT_LENGTH", 400],
  [
    "RFC 9110 §8.6: hundreds of digits",
    `Content-Length: ${"9".repeat(400)}\r\n`,
    "CONTENT_LENGTH",
    400,
  ],
  ["RFC 9112 §6.3: a list of equal lengths", "Content-Length: 5, 5\r\n", "CONTENT_LENGTH", 400],
  ["RFC 9112 §6.3: a list of lengths", "Content-Length: 5, 6\r\n", "CONTENT_LENGTH", 400],
  [
    "RFC 9112 §6.3: two equal lines",
    "Content-Length: 5\r\nContent-Length: 5\r\n",
    "CONTENT_LENGTH_REPEATED",
    400,
  ],
  [
    "RFC 9112 §6.3: two lines",
    "Content-Length: 5\r\nX: 1\r\ncontent-length: 6\r\n",
    "CONTENT_LENGTH_REPEATED",
    400,
  ],

  // Transfer-Encoding
  [
    "RFC 9112 §6.1: with Content-Length",
    "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
    "LENGTH_AND_CODING",
    400,
  ],
  [
    "RFC 9112 §6.1: before Content-Length",
    "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    "LENGTH_AND_CODING",
    400,
  ],
  [
    "RFC 9112 §6.1: an unknown coding with Content-Length",
    "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n",
    "LENGTH_AND_CODING",
    400,
  ],
  [
    "RFC 9112 §6.1: chunked twice",
    "Transfer-Encoding: chunked, chunked\r\n",
    "TRANSFER_CODING",
    400,
  ],
  [
    "RFC 9112 §6.1: chunked twice in two lines",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    "TRANSFER_CODING",
    400,
  ],
  [
    "RFC 9112 §6.3: chunked not last",
    "Transfer-Encoding: chunked, gzip\r\n",
    "TRANSFER_CODING",
    400,
  ],
  [
    "RFC 9112 §6.3: chunked not last, in two lines",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    "TRANSFER_CODING",
    400,
  ],
  ["RFC 9112 §6.3: no chunked", "Transfer-Encoding: gzip\r\n", "TRANSFER_CODING", 400],
  ["RFC 9112 §7: identity", "Transfer-Encoding: identity\r\n", "TRANSFER_CODING", 400],
  [
    "RFC 9112 §6.1: something like chunked",
    "Transfer-Encoding: xchunked\r\n",
    "TRANSFER_CODING",
    400,
  ],
  ["RFC 9112 §6.1: empty", "Transfer-Encoding:\r\n", "TRANSFER_CODING", 400],
  ["RFC 9112 §6.1: quoted", 'Transfer-Encoding: "chunked"\r\n', "TRANSFER_CODING", 400],
  ["RFC 9112 §6.1: two words", "Transfer-Encoding: chunked chunked\r\n", "TRANSFER_CODING", 400],
  [
    "RFC 9112 §6.1: a byte above ASCII",
    "Transfer-Encoding: chunked\xa0\r\n",
    "TRANSFER_CODING",
    400,
  ],
  [
    "RFC 9112 §7.1: chunked with a parameter",
    "Transfer-Encoding: chunked;q=1\r\n",
    "TRANSFER_CODING",
    400,
  ],
  [
    "RFC 9110 §5.6.1: empty member first",
    "Transfer-Encoding: , chunked\r\n",
    "TRANSFER_CODING",
    400,
  ],
  ["RFC 9110 §5.6.1: empty member last", "Transfer-Encoding: chunked,\r\n", "TRANSFER_CODING", 400],
  [
    "RFC 9110 §5.5: vertical tab before it",
    "Transfer-Encoding: \x0bchunked\r\n",
    "FIELD_VALUE",
    400,
  ],
  ["RFC 9112 §5.2: folded", "Transfer-Encoding:\r\n chunked\r\n", "OBS_FOLD", 400],
  [
    "RFC 9112 §6.1: a coding that is not understood",
    "Transfer-Encoding: gzip, chunked\r\n",
    "TRANSFER_CODING_UNKNOWN",
    501,
  ],
  [
    "RFC 9112 §6.1: such a coding in two lines",
    "Transfer-Encoding: foo;a=b\r\nTransfer-Encoding: chunked\r\n",
    "TRANSFER_CODING_UNKNOWN",
    501,
  ],

  // Expect
  ["RFC 9110 §10.1.1: another expectation", "Expect: 200-ok\r\n", "EXPECTATION", 417],
  ["RFC 9110 §10.1.1: two expectations", "Expect: 100-continue, x\r\n", "EXPECTATION", 417],
  [
    "RFC 9110 §10.1.1: in two lines",
    "Expect: 100-continue\r\nExpect: 100-continue\r\n",
    "EXPECTATION",
    417,
  ],
];

for (const [name, lines, fault, status] of REFUSED) {
  Deno.test(`parse() refuses framing with ${status}: ${name}`, () => {
    const outcome = parseRequest(request(`Host: a\r\n${lines}`, "POST / HTTP/1.1"));
    assertEquals([outcome.fault, outcome.status], [fault, status]);
  });
}

for (const method of ["CONNECT b:1", "TRACE /"]) {
  Deno.test(`parse() refuses content of ${method} (RFC 9110 §9.3.6, §9.3.8)`, () => {
    for (const line of ["Content-Length: 1\r\n", "Transfer-Encoding: chunked\r\n"]) {
      const { fault } = parseRequest(request(`Host: a\r\n${line}`, `${method} HTTP/1.1`));
      assertEquals(fault, "CONTENT_FORBIDDEN");
    }
    const empty = request("Host: a\r\nContent-Length: 0\r\n", `${method} HTTP/1.1`);
    assertEquals(parseRequest(empty).fault, null);
  });
}

Deno.test("parse() refuses Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)", () => {
  const text = request("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0");
  assertEquals(parseRequest(text).fault, "TRANSFER_CODING_HTTP10");
});

const { NONE, LENGTH, CHUNKED } = Framing;
const FRAMINGS: readonly (readonly [name: string, lines: string, Framing, length: number])[] = [
  ["RFC 9112 §6.3: neither field", "", NONE, 0],
  ["RFC 9112 §6.2: Content-Length", "Content-Length: 5\r\n", LENGTH, 5],
  ["RFC 9112 §6.2: Content-Length 0", "Content-Length: 0\r\n", LENGTH, 0],
  ["RFC 9110 §8.6: 2^53 - 1", "Content-Length: 9007199254740991\r\n", LENGTH, 2 ** 53 - 1],
  ["RFC 9110 §5.5: blanks around it", "content-length:\t 5 \t\r\n", LENGTH, 5],
  ["RFC 9112 §7.1: chunked", "Transfer-Encoding: chunked\r\n", CHUNKED, -1],
  ["RFC 9112 §7: chunked in any case", "TRANSFER-ENCODING: ChunKed\r\n", CHUNKED, -1],
  ["RFC 9110 §5.1: an underscore makes another field", "Content_Length: 5\r\n", NONE, 0],
];

for (const [name, lines, framing, length] of FRAMINGS) {
  Deno.test(`parse() finds the framing: ${name}`, () => {
    for (const method of ["POST", "GET", "PURGE"]) {
      const { head } = parseRequest(request(`Host: a\r\n${lines}`, `${method} / HTTP/1.1`));
      assertEquals([head.framing, head.contentLength], [framing, length]);
    }
  });
}

const CONNECTIONS: readonly (readonly [version: string, lines: string, isKeepAlive: boolean])[] = [
  ["1.1", "", true],
  ["1.1", "Connection: close\r\n", false],
  ["1.1", "Connection: Close\r\n", false],
  ["1.1", "Connection: keep-alive, close\r\n", false],
  ["1.1", "Connection: keep-alive\r\nConnection: x ,\tCLOSE\t\r\n", false],
  ["1.1", "Connection: x-close, closed\r\n", true],
  ["1.1", "Connection: ,, ,\r\n", true],
  ["1.0", "", false],
  ["1.0", "Connection: keep-alive\r\n", false],
  ["1.0", "Connection: Keep-Alive, TE\r\n", false],
  ["1.0", "Connection: keep-alive, close\r\n", false],
  ["1.0", "Connection: x\r\n", false],
];

for (const [version, lines, isKeepAlive] of CONNECTIONS) {
  const shown = JSON.stringify(lines);
  Deno.test(`parse() keeps HTTP/${version} with ${shown} alive: ${isKeepAlive} (RFC 9112 §9.3)`, () => {
    const { head } = parseRequest(request(`Host: a\r\n${lines}`, `GET / HTTP/${version}`));
    assertEquals([head.isKeepAlive, head.version], [
      isKeepAlive,
      version === "1.0" ? "1.0" : "1.1",
    ]);
  });
}

Deno.test("parse() sees an upgrade only with its connection option (RFC 9110 §7.8)", () => {
  const isUpgrade = (lines: string, version = "1.1") =>
    parseRequest(request(`Host: a\r\n${lines}`, `GET / HTTP/${version}`)).head.isUpgrade;
  assertEquals(isUpgrade("Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"), true);
  assertEquals(isUpgrade("Upgrade: websocket\r\n"), false);
  assertEquals(isUpgrade("Connection: upgrade\r\n"), false);
  assertEquals(isUpgrade("Upgrade: websocket\r\nConnection: upgrade\r\n", "1.0"), false);
});

Deno.test("parse() sees who waits for 100 Continue (RFC 9110 §10.1.1)", () => {
  const waits = (lines: string, version = "1.1") =>
    parseRequest(request(`Host: a\r\n${lines}`, `POST / HTTP/${version}`)).head.expectsContinue;
  assertEquals(waits("Expect: 100-continue\r\nContent-Length: 5\r\n"), true);
  assertEquals(waits("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n"), true);
  assertEquals(waits("Expect: 100-continue\r\n"), false);
  assertEquals(waits("Expect: 100-continue\r\nContent-Length: 0\r\n"), false);
  assertEquals(waits("Expect: 100-continue\r\nContent-Length: 5\r\n", "1.0"), false);
  assertEquals(waits("Expect: x\r\nContent-Length: 5\r\n", "1.0"), false);
});
