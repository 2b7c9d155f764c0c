import { assertEquals } from "@std/assert";
import { RequestParser, WireRequestHead } from "../../../../core/http1/codec/mod.ts";
import { bytesOf, parseRequest, request } from "./_support.ts";

/** What is sent, and the fault and status that it has to give. */
type Case = readonly [name: string, text: string, fault: string, status: number];

const HOST = "Host: a\r\n";

const REFUSED: readonly Case[] = [
  // Line ends
  [
    "RFC 9112 §2.2: LF alone ends the request line",
    "GET / HTTP/1.1\nHost: a\r\n\r\n",
    "BARE_LF",
    400,
  ],
  ["RFC 9112 §2.2: LF alone ends a field line", "GET / HTTP/1.1\r\nHost: a\n\r\n", "BARE_LF", 400],
  ["RFC 9112 §2.2: LF alone ends the head", `GET / HTTP/1.1\r\n${HOST}\n`, "BARE_LF", 400],
  ["RFC 9112 §2.2: LF alone comes first", "\nGET / HTTP/1.1\r\n", "BARE_LF", 400],
  ["RFC 9112 §2.2: LF alone behind the method", "GET\n", "BARE_LF", 400],
  [
    "RFC 9112 §2.2: CR alone ends the request line",
    "GET / HTTP/1.1\rHost: a\r\n\r\n",
    "BARE_CR",
    400,
  ],
  ["RFC 9112 §2.2: CR alone in a value", request("Host: a\rX: b\r\n"), "BARE_CR", 400],
  ["RFC 9112 §2.2: CR CR LF", request("Host: a\r\r\n"), "BARE_CR", 400],
  ["RFC 9112 §2.2: CR alone in a name", request("Ho\rst: a\r\n"), "FIELD_NAME", 400],
  ["RFC 9112 §2.2: CR alone at the end", `GET / HTTP/1.1\r\n${HOST}\rX`, "BARE_CR", 400],
  ["RFC 9112 §2.2: CR alone comes first", "\rGET / HTTP/1.1\r\n", "BARE_CR", 400],
  ["RFC 9112 §2.2: two empty lines come first", `\r\n\r\n${request(HOST)}`, "EMPTY_LINES", 400],
  ["RFC 9112 §2.2: a blank line comes first", ` \r\n${request(HOST)}`, "METHOD", 400],
  [
    "RFC 9112 §2.2: blanks before the first field",
    request(` X: 1\r\n${HOST}`),
    "SPACE_BEFORE_FIELDS",
    400,
  ],
  [
    "RFC 9112 §2.2: a tab before the first field",
    request(`\tX: 1\r\n`),
    "SPACE_BEFORE_FIELDS",
    400,
  ],
  ["RFC 9112 §2.2: a blank in the empty line", request(`${HOST} `), "OBS_FOLD", 400],

  // Version
  ["RFC 9112 §2.3: no version (HTTP/0.9)", "GET /\r\n", "TARGET", 400],
  ["RFC 9112 §2.3: empty version", "GET / \r\n", "VERSION", 400],
  ["RFC 9112 §2.3: small letters", request(HOST, "GET / http/1.1"), "VERSION", 400],
  ["RFC 9112 §2.3: no minor version", request(HOST, "GET / HTTP/1"), "VERSION", 400],
  ["RFC 9112 §2.3: leading zero", request(HOST, "GET / HTTP/01.1"), "VERSION", 400],
  ["RFC 9112 §2.3: two digits", request(HOST, "GET / HTTP/1.10"), "VERSION", 400],
  ["RFC 9112 §2.3: a comma", request(HOST, "GET / HTTP/1,1"), "VERSION", 400],
  ["RFC 9112 §2.3: another protocol", request(HOST, "GET / ICY/1.1"), "VERSION", 400],
  ["RFC 9112 §2.3: a blank in it", request(HOST, "GET / HTTP/ 1.1"), "VERSION", 400],
  ["RFC 9112 §2.3: a blank behind it", request(HOST, "GET / HTTP/1.1 "), "VERSION", 400],
  [
    "RFC 9112 §2.3: a second one behind it",
    request(HOST, "GET / HTTP/1.1 HTTP/1.1"),
    "VERSION",
    400,
  ],
  ["RFC 9110 §15.6.6: 2.0", request(HOST, "GET / HTTP/2.0"), "VERSION_UNKNOWN", 505],
  ["RFC 9110 §15.6.6: 1.2", request(HOST, "GET / HTTP/1.2"), "VERSION_UNKNOWN", 505],
  ["RFC 9110 §15.6.6: 0.9", request(HOST, "GET / HTTP/0.9"), "VERSION_UNKNOWN", 505],
  ["RFC 9113 §3.4: HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "VERSION_UNKNOWN", 505],

  // Request line
  ["RFC 9112 §3: empty method", request(HOST, " / HTTP/1.1"), "METHOD", 400],
  ["RFC 9112 §3: two blanks", request(HOST, "GET  / HTTP/1.1"), "TARGET", 400],
  ["RFC 9112 §3: two blanks before the version", request(HOST, "GET /  HTTP/1.1"), "VERSION", 400],
  ["RFC 9112 §3: a tab as the blank", request(HOST, "GET\t/ HTTP/1.1"), "METHOD", 400],
  ["RFC 9112 §3: a tab as the second blank", request(HOST, "GET /\tHTTP/1.1"), "TARGET", 400],
  ["RFC 9112 §3: method alone", "GET\r\n", "METHOD", 400],
  ["RFC 9112 §3: nothing but a target", request(HOST, "/ HTTP/1.1"), "METHOD", 400],
  ["RFC 9112 §3.1: no token", request(HOST, "GE(T / HTTP/1.1"), "METHOD", 400],
  ["RFC 9112 §3.1: a byte above ASCII", request(HOST, "G\xc9T / HTTP/1.1"), "METHOD", 400],
  ["RFC 9112 §3: TLS instead of HTTP", "\x16\x03\x01\x02\x00\x01\x00", "METHOD", 400],
  [
    "RFC 9112 §3: method longer than any",
    request(HOST, `${"A".repeat(65)} / HTTP/1.1`),
    "METHOD_TOO_LONG",
    501,
  ],
  ["RFC 9112 §3.2: NUL in the target", request(HOST, "GET /\0 HTTP/1.1"), "TARGET", 400],
  ["RFC 9112 §3.2: a control in it", request(HOST, "GET /\x1b HTTP/1.1"), "TARGET", 400],
  ["RFC 9112 §3.2: DEL in it", request(HOST, "GET /\x7f HTTP/1.1"), "TARGET", 400],
  ["RFC 9112 §3.2: a blank in it", request(HOST, "GET /a b HTTP/1.1"), "VERSION", 400],
  ["RFC 9112 §3.2: a fragment", request(HOST, "GET /a#b HTTP/1.1"), "TARGET", 400],
  [
    "RFC 9112 §3: target of more than 8000 bytes",
    request(HOST, `GET /${"a".repeat(8000)} HTTP/1.1`),
    "TARGET_TOO_LONG",
    414,
  ],

  // Field lines
  ["RFC 9112 §5.1: a blank before the colon", request("Host : a\r\n"), "SPACE_BEFORE_COLON", 400],
  ["RFC 9112 §5.1: a tab before the colon", request("Host\t: a\r\n"), "SPACE_BEFORE_COLON", 400],
  ["RFC 9112 §5.1: a blank in the name", request("Ho st: a\r\n"), "SPACE_BEFORE_COLON", 400],
  ["RFC 9112 §5: no colon", request(`${HOST}X-Tag\r\n`), "FIELD_NAME", 400],
  ["RFC 9112 §5: empty name", request(`${HOST}: x\r\n`), "FIELD_NAME", 400],
  ["RFC 9112 §5: no token", request(`${HOST}X[0]: x\r\n`), "FIELD_NAME", 400],
  ["RFC 9112 §5: NUL in the name", request(`${HOST}X\0: x\r\n`), "FIELD_NAME", 400],
  ["RFC 9112 §5: a byte above ASCII", request(`${HOST}X\xe9: x\r\n`), "FIELD_NAME", 400],
  ["RFC 9112 §5.2: obs-fold", request(`${HOST}X: a\r\n b\r\n`), "OBS_FOLD", 400],
  ["RFC 9112 §5.2: obs-fold with a tab", request(`${HOST}X: a\r\n\tb\r\n`), "OBS_FOLD", 400],
  ["RFC 9112 §5.2: obs-fold of Host", request("Host: a\r\n b\r\n"), "OBS_FOLD", 400],
  ["RFC 9110 §5.5: NUL in a value", request(`${HOST}X: a\0b\r\n`), "FIELD_VALUE", 400],
  ["RFC 9110 §5.5: a control in it", request(`${HOST}X: a\x01b\r\n`), "FIELD_VALUE", 400],
  ["RFC 9110 §5.5: vertical tab", request(`${HOST}X: \x0bb\r\n`), "FIELD_VALUE", 400],
  ["RFC 9110 §5.5: DEL in it", request(`${HOST}X: a\x7f\r\n`), "FIELD_VALUE", 400],
  [
    "RFC 6585 §5: more than 128 fields",
    request(HOST + "X: 1\r\n".repeat(128)),
    "TOO_MANY_FIELDS",
    431,
  ],
  [
    "RFC 6585 §5: a value that never ends",
    `GET / HTTP/1.1\r\nX: ${"a".repeat(65536)}`,
    "HEAD_TOO_LARGE",
    431,
  ],
  [
    "RFC 6585 §5: a name that never ends",
    `GET / HTTP/1.1\r\n${"a".repeat(65536)}`,
    "HEAD_TOO_LARGE",
    431,
  ],
  [
    "RFC 6585 §5: a head of more than 65536 bytes",
    request(`${HOST}X: ${"a".repeat(65536)}\r\n`),
    "HEAD_TOO_LARGE",
    431,
  ],
];

for (const [name, text, fault, status] of REFUSED) {
  Deno.test(`parse() refuses a request with ${status}: ${name}`, () => {
    const outcome = parseRequest(text);
    assertEquals([outcome.fault, outcome.status], [fault, status]);
  });
}

const ACCEPTED: readonly (readonly [name: string, text: string])[] = [
  ["RFC 9112 §2.2: one empty line comes first", `\r\n${request(HOST)}`],
  ["RFC 9112 §3.1: any token is a method", request(HOST, "M-SEARCH! / HTTP/1.1")],
  ["RFC 9112 §3.1: a method of 64 bytes", request(HOST, `${"A".repeat(64)} / HTTP/1.1`)],
  ["RFC 9112 §3.2: bytes above ASCII are kept", request(HOST, "GET /\xc3\xa9\xff HTTP/1.1")],
  ["RFC 9112 §3.2: what URIs may not hold is kept", request(HOST, 'GET /"<>\\^`{|} HTTP/1.1')],
  ["RFC 9112 §3: a target of 8000 bytes", request(HOST, `GET /${"a".repeat(7999)} HTTP/1.1`)],
  ["RFC 9112 §5: no blank behind the colon", request("Host:a\r\n")],
  ["RFC 9110 §5.5: an empty value", request(`${HOST}X:\r\nY: \t\r\n`)],
  ["RFC 9110 §5.5: tab and bytes above ASCII in a value", request(`${HOST}X: a\tb\x80\xff\r\n`)],
  ["RFC 9110 §5.6.2: every character of a token", request(`${HOST}!#$%&'*+-.^_\`|~09azAZ: x\r\n`)],
  ["RFC 6585 §5: 128 fields", request(HOST + "X: 1\r\n".repeat(127))],
];

for (const [name, text] of ACCEPTED) {
  Deno.test(`parse() takes a request: ${name}`, () => {
    const outcome = parseRequest(text);
    assertEquals(outcome.fault, null);
    assertEquals(outcome.end, text.length);
  });
}

Deno.test("parse() takes a head of as many bytes as the limit, not of one more", () => {
  const head = request(HOST);
  assertEquals(parseRequest(head, { maxHeadBytes: head.length }).end, head.length);
  assertEquals(parseRequest(head, { maxHeadBytes: head.length - 1 }).fault, "HEAD_TOO_LARGE");
  const empty = `\r\n${head}`;
  assertEquals(parseRequest(empty, { maxHeadBytes: head.length }).end, empty.length);
});

Deno.test("parse() gives 0 for every beginning of a head", () => {
  const text = "\r\nPOST /a?b HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n";
  for (let length = 0; length < text.length; length++) {
    assertEquals(parseRequest(text.slice(0, length)).end, 0, text.slice(0, length));
  }
});

Deno.test("parse() says what is wrong as soon as the byte is there", () => {
  assertEquals(parseRequest("GE(").fault, "METHOD");
  assertEquals(parseRequest("GET /\0").fault, "TARGET");
  assertEquals(parseRequest("GET / HTTQ").fault, "VERSION");
  assertEquals(parseRequest("GET / HTTP/1.1\r\nHost ").fault, "SPACE_BEFORE_COLON");
});

Deno.test("parse() leaves what lies behind the head alone (pipelining, RFC 9112 §9.3.2)", () => {
  const first = request(HOST);
  const { end } = parseRequest(`${first}GET /two HTTP/9.9\n\n\0`);
  assertEquals(end, first.length);
});

Deno.test("parse() looks at no byte of a target or value twice, however many reads it takes", () => {
  const before = "GET /";
  const target = "a".repeat(7000);
  const middle = " HTTP/1.1\r\nHost: a\r\nX: ";
  const value = "b".repeat(50_000);
  const bytes = bytesOf(`${before}${target}${middle}${value}\r\n\r\n`);
  const parser = new RequestParser();
  const head = new WireRequestHead();
  const long = [
    [before.length, before.length + target.length],
    [bytes.length - value.length - 4, bytes.length - 4],
  ];
  for (let end = 1; end < bytes.length; end++) {
    assertEquals(parser.parse(bytes, 0, end, head), 0);
    // What was read of the long parts is made what would be refused.
    if (long.some(([from, to]) => end > from && end <= to)) bytes[end - 1] = 0;
  }
  assertEquals(parser.parse(bytes, 0, bytes.length, head), bytes.length);
});
