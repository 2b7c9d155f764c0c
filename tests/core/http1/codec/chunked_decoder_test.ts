import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  ChunkedDecoder,
  type ChunkedDecoderOptions,
  writeTrailers,
} from "../../../../core/http1/codec/mod.ts";
import { bytesOf, faultName, textOf } from "./_support.ts";

interface Decoded {
  readonly content: string;
  readonly fault: string | null;
  readonly isDone: boolean;
  /** Bytes behind the end. */
  readonly rest: string;
  readonly trailers: [string, string][] | null;
}

function decode(text: string, options?: ChunkedDecoderOptions): Decoded {
  const bytes = bytesOf(text);
  const decoder = new ChunkedDecoder(options);
  let content = "";
  let at = 0;
  do {
    at = decoder.decode(bytes, at, bytes.length);
    content += textOf(bytes.subarray(decoder.dataStart, decoder.dataEnd));
  } while (at >= 0 && at < bytes.length && !decoder.isDone);
  const { isDone, trailers } = decoder;
  if (at >= 0) assertEquals(decoder.contentBytes, content.length);
  return {
    content,
    fault: at < 0 ? faultName(at) : null,
    isDone,
    rest: at < 0 ? "" : text.slice(at),
    trailers: trailers && [...trailers],
  };
}

/** What is sent on, with the trailer section as the caller writes it. */
function relay(text: string): { sent: string; pieces: number; isDone: boolean } {
  const bytes = bytesOf(text);
  const decoder = new ChunkedDecoder();
  let sent = "";
  let pieces = 0;
  let at = 0;
  do {
    at = decoder.relay(bytes, at, bytes.length);
    assert(at >= 0, faultName(at));
    sent += textOf(bytes.subarray(decoder.dataStart, decoder.dataEnd));
    if (decoder.dataEnd > decoder.dataStart) pieces++;
  } while (at < bytes.length && !decoder.isDone);
  if (decoder.isDone && decoder.trailers !== null) {
    const section = new Uint8Array(1000);
    sent += textOf(section.subarray(0, writeTrailers(section, 0, decoder.trailers)));
  }
  return { sent, pieces, isDone: decoder.isDone };
}

const END = "0\r\n\r\n";

const REFUSED: readonly (readonly [name: string, text: string, fault: string])[] = [
  // Size
  ["RFC 9112 §7.1: no size", "\r\nhello\r\n", "CHUNK_SIZE"],
  ["RFC 9112 §7.1: 0x", `0x5\r\nhello\r\n${END}`, "CHUNK_SIZE"],
  ["RFC 9112 §7.1: a plus sign", "+5\r\nhello\r\n", "CHUNK_SIZE"],
  ["RFC 9112 §7.1: a minus sign", "-5\r\nhello\r\n", "CHUNK_SIZE"],
  ["RFC 9112 §7.1: an underscore", "1_0\r\n", "CHUNK_SIZE"],
  ["RFC 9112 §7.1: a letter behind f", "g\r\n", "CHUNK_SIZE"],
  ["RFC 9112 §7.1: a blank before it", " 5\r\nhello\r\n", "CHUNK_SIZE"],
  ["RFC 9112 §7.1: a dot", "5.0\r\nhello\r\n", "CHUNK_SIZE"],
  ["RFC 9112 §7.1: a comma", "5,5\r\nhello\r\n", "CHUNK_SIZE"],
  ["RFC 9112 §7.1: NUL", "5\0\r\nhello\r\n", "CHUNK_SIZE"],
  ["RFC 9112 §7.1: a byte above ASCII", "5\xa0\r\nhello\r\n", "CHUNK_SIZE"],
  ["RFC 9112 §7.1: 2^53", "20000000000000\r\n", "CHUNK_TOO_LARGE"],
  ["RFC 9112 §7.1: 2^64 + 5", "10000000000000005\r\n", "CHUNK_TOO_LARGE"],
  ["RFC 9112 §7.1: zeros without end", "0".repeat(17), "CHUNK_TOO_LARGE"],

  // Line ends
  ["RFC 9112 §2.2: LF alone behind the size", "5\nhello\r\n", "BARE_LF"],
  ["RFC 9112 §2.2: LF alone behind the last size", "5\r\nhello\r\n0\n\n", "BARE_LF"],
  ["RFC 9112 §2.2: CR alone behind the size", "5\rhello\r\n", "BARE_CR"],
  ["RFC 9112 §2.2: CR CR LF", "5\r\r\nhello\r\n", "BARE_CR"],
  ["RFC 9112 §2.2: CR alone at the end", "0\r\n\rX", "BARE_CR"],
  ["RFC 9112 §7.1: LF alone behind the data", `5\r\nhello\n${END}`, "CHUNK_END"],
  ["RFC 9112 §7.1: CR alone behind the data", `5\r\nhello\rX${END}`, "CHUNK_END"],
  ["RFC 9112 §7.1: nothing behind the data", `5\r\nhello${END}`, "CHUNK_END"],
  ["RFC 9112 §7.1: more data than the size says", `5\r\nhello!!\r\n${END}`, "CHUNK_END"],
  ["RFC 9112 §7.1: less data than the size says", `5\r\nhi\r\n${END}`, "CHUNK_SIZE"],

  // Extensions
  ["RFC 9112 §7.1.1: a blank and no extension", "5 \r\nhello\r\n", "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: a tab and no extension", "5\t\r\nhello\r\n", "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: no name", "5;\r\nhello\r\n", "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: no second name", "5;a;\r\nhello\r\n", "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: no name before the value", "5;=a\r\nhello\r\n", "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: no value", "5;a=\r\nhello\r\n", "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: two values", "5;a=b=c\r\nhello\r\n", "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: a name that is no token", "5;a b\r\nhello\r\n", "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: a blank behind it", "5;a \r\nhello\r\n", "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: a quote that is not closed", '5;a="b\r\nhello\r\n', "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: something behind the quote", '5;a="b"c\r\nhello\r\n', "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: NUL in it", "5;a\0\r\nhello\r\n", "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: a control in the quote", '5;a="\x01"\r\nhello\r\n', "CHUNK_EXTENSION"],
  ["RFC 9112 §7.1.1: a CR behind a backslash", '5;a="\\\r\nhello\r\n', "CHUNK_EXTENSION"],
  ["RFC 9112 §2.2: CR alone in it", "5;a\rb\r\nhello\r\n", "BARE_CR"],
  ["RFC 9112 §2.2: LF alone behind it", "5;a\nhello\r\n", "BARE_LF"],
  ["RFC 9112 §2.2: LF alone in the quote", '5;a="\n"\r\nhello\r\n', "BARE_LF"],
  ["RFC 9112 §7.1.1: too long", `5;a=${"b".repeat(254)}\r\n`, "CHUNK_EXTENSION_TOO_LONG"],
  [
    "RFC 9112 §7.1.1: too long together",
    `1;a=${"b".repeat(200)}\r\nx\r\n`.repeat(90),
    "CHUNK_EXTENSION_TOO_LONG",
  ],

  // Trailers
  ["RFC 9112 §2.2: LF alone ends a trailer", "0\r\nA: b\n\r\n", "BARE_LF"],
  ["RFC 9112 §2.2: LF alone ends the section", "0\r\nA: b\r\n\n", "BARE_LF"],
  ["RFC 9112 §2.2: LF alone at once", "0\r\n\n", "BARE_LF"],
  ["RFC 9112 §5.1: a blank before the colon", "0\r\nA : b\r\n\r\n", "SPACE_BEFORE_COLON"],
  ["RFC 9112 §5.2: a folded trailer", "0\r\nA: b\r\n c\r\n\r\n", "OBS_FOLD"],
  ["RFC 9112 §5: no field", "0\r\nhello\r\n\r\n", "FIELD_NAME"],
  ["RFC 9112 §5: a request instead", "0\r\nGET / HTTP/1.1\r\n\r\n", "SPACE_BEFORE_COLON"],
  ["RFC 9110 §5.5: NUL in a trailer", "0\r\nA: \0\r\n\r\n", "FIELD_VALUE"],
  [
    "RFC 9112 §7.1.2: a section that never ends",
    `0\r\nA: ${"b".repeat(9000)}`,
    "TRAILERS_TOO_LARGE",
  ],
  ["RFC 9112 §7.1.2: too many fields", `0\r\n${"A: b\r\n".repeat(65)}\r\n`, "TOO_MANY_FIELDS"],
];

for (const [name, text, fault] of REFUSED) {
  Deno.test(`decode() refuses chunks: ${name}`, () => {
    assertEquals(decode(text).fault, fault);
    const whole = new ChunkedDecoder();
    const bytes = bytesOf(text);
    let at = 0;
    while (at >= 0 && at < bytes.length) at = whole.relay(bytes, at, bytes.length);
    assertEquals(faultName(at), fault, "relay() finds the same");
    assertEquals(whole.decode(bytes, 0, bytes.length), at, "it stays refused");
  });
}

const ACCEPTED: readonly (readonly [name: string, text: string, content: string, sent?: string])[] =
  [
    ["RFC 9112 §7.1: one chunk", `5\r\nhello\r\n${END}`, "hello"],
    ["RFC 9112 §7.1: several", `5\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n${END}`, "hello world"],
    ["RFC 9112 §7.1: none", END, ""],
    [
      "RFC 9112 §7.1: digits of both cases",
      `a\r\n0123456789\r\nA\r\n0123456789\r\n${END}`,
      "0123456789".repeat(2),
    ],
    ["RFC 9112 §7.1: leading zeros", `0005\r\nhello\r\n0000\r\n\r\n`, "hello"],
    ["RFC 9112 §7.1: data that looks like chunks", `7\r\n0\r\n\r\n5\r\r\n${END}`, "0\r\n\r\n5\r"],
    [
      "RFC 9112 §7.1.1: extensions",
      `5;a;b=c;d="e;\\"\xe9"\r\nhello\r\n0;x=y\r\n\r\n`,
      "hello",
      `5\r\nhello\r\n${END}`,
    ],
    [
      "RFC 9112 §7.1.1: bad white space",
      `5 ;\ta = "b" ; c\r\nhello\r\n${END}`,
      "hello",
      `5\r\nhello\r\n${END}`,
    ],
  ];

for (const [name, text, content, sent = text] of ACCEPTED) {
  Deno.test(`decode() takes chunks: ${name}`, () => {
    const decoded = decode(`${text}GET`);
    assertEquals(decoded, { content, fault: null, isDone: true, rest: "GET", trailers: null });
    assertEquals(relay(text).sent, sent);
  });
}

Deno.test("relay() gives many chunks and their end as one range", () => {
  const text = `${"5\r\nhello\r\n".repeat(20)}${END}`;
  assertEquals(relay(text), { sent: text, pieces: 1, isDone: true });
});

Deno.test("decode() gives trailers, without those that may not be there (RFC 9110 §6.5.1)", () => {
  const kept = 'X-Sum: 5\r\nServer-Timing: a\r\nETag: "x"\r\n';
  const dropped = ["Content-Length: 5", "Transfer-Encoding: chunked", "Host: b", "Authorization: x"]
    .concat(["Content-Type: a/b", "Set-Cookie: a=b", "X-Forwarded-For: 1.2.3.4", "If-Match: x"]);
  const text = `5\r\nhello\r\n0\r\n${dropped.join("\r\n")}\r\n${kept}\r\nrest`;
  assertEquals(decode(text), {
    content: "hello",
    fault: null,
    isDone: true,
    rest: "rest",
    trailers: [["X-Sum", "5"], ["Server-Timing", "a"], ["ETag", '"x"']],
  });
  assertEquals(relay(text).sent, `5\r\nhello\r\n0\r\n${kept}\r\n`);
});

Deno.test("relay() leaves the end to the caller when all trailers were dropped", () => {
  const text = "0\r\nHost: b\r\n\r\n";
  assertEquals(relay(text), { sent: END, pieces: 1, isDone: true });
});

Deno.test("trailers stay valid when the buffer is used again", () => {
  const bytes = bytesOf("0\r\nX-Sum: 5\r\n\r\n");
  const decoder = new ChunkedDecoder();
  decoder.decode(bytes, 0, 8);
  assertEquals(decoder.trailers, null);
  const rest = bytes.slice(8);
  bytes.fill(0);
  assertEquals(decoder.decode(rest, 0, rest.length), rest.length);
  rest.fill(0);
  assertEquals(decoder.trailers?.get("x-sum"), "5");
});

Deno.test("reset() begins another content", () => {
  const decoder = new ChunkedDecoder();
  const bytes = bytesOf("0\r\nA: b\r\n\r\n5\r\nhello");
  const end = decoder.decode(bytes, 0, bytes.length);
  assertEquals([end, decoder.isDone], [11, true]);
  decoder.reset();
  assertEquals([decoder.isDone, decoder.trailers], [false, null]);
  assertEquals(decoder.decode(bytes, end, bytes.length), bytes.length);
  assertEquals([decoder.dataStart, decoder.dataEnd, decoder.contentBytes], [14, 19, 5]);
});

Deno.test("ChunkedDecoder() refuses limits that are none", () => {
  assertThrows(
    () => new ChunkedDecoder({ maxExtensionBytes: -1 }),
    RangeError,
    "maxExtensionBytes",
  );
  assertThrows(() => new ChunkedDecoder({ maxTrailerBytes: 1.5 }), RangeError, "maxTrailerBytes");
});

Deno.test("decode() refuses every extension where the limit is 0", () => {
  assertEquals(decode("5;a\r\n", { maxExtensionBytes: 0 }).fault, "CHUNK_EXTENSION_TOO_LONG");
});
