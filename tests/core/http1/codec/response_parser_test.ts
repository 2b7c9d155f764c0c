import { assert, assertEquals } from "@std/assert";
import {
  Framing,
  parseError,
  ParseFault,
  ResponseParser,
  WireResponseHead,
} from "../../../../core/http1/codec/mod.ts";
import { bytesOf, parseResponse, response } from "./_support.ts";

const REFUSED: readonly (readonly [name: string, text: string, fault: string])[] = [
  // Status line
  ["RFC 9112 §4: another protocol", response("", "ICY 200 OK"), "VERSION"],
  ["RFC 9112 §2.3: small letters", response("", "http/1.1 200 OK"), "VERSION"],
  ["RFC 9112 §2.3: no minor version", response("", "HTTP/1 200 OK"), "VERSION"],
  ["RFC 9112 §2.3: HTTP/2", response("", "HTTP/2.0 200 OK"), "VERSION_UNKNOWN"],
  ["RFC 9112 §2.3: HTTP/1.2", response("", "HTTP/1.2 200 OK"), "VERSION_UNKNOWN"],
  ["RFC 9112 §2.3: HTTP/0.9 has no status line", "<html></html>", "VERSION"],
  ["RFC 9112 §4: no status", "HTTP/1.1\r\n\r\n", "STATUS_LINE"],
  ["RFC 9112 §4: two blanks", response("", "HTTP/1.1  200 OK"), "STATUS_CODE"],
  ["RFC 9112 §4: a tab as the blank", response("", "HTTP/1.1\t200 OK"), "STATUS_LINE"],
  ["RFC 9112 §4: two digits", response("", "HTTP/1.1 20 OK"), "STATUS_CODE"],
  ["RFC 9112 §4: four digits", response("", "HTTP/1.1 2000 OK"), "STATUS_LINE"],
  ["RFC 9112 §4: letters", response("", "HTTP/1.1 2xx OK"), "STATUS_CODE"],
  ["RFC 9112 §4: a tab behind the status", response("", "HTTP/1.1 200\tOK"), "STATUS_LINE"],
  ["RFC 9110 §15: 099", response("", "HTTP/1.1 099 X"), "STATUS_CODE"],
  ["RFC 9110 §15: 600", response("", "HTTP/1.1 600 X"), "STATUS_CODE"],
  ["RFC 9112 §4: a control in the reason", response("", "HTTP/1.1 200 O\0K"), "REASON"],
  ["RFC 9112 §2.2: an empty line first", `\r\n${response("")}`, "VERSION"],
  ["RFC 9112 §2.2: LF alone", "HTTP/1.1 200 OK\nA: b\r\n\r\n", "BARE_LF"],
  ["RFC 9112 §2.2: LF alone behind the status", "HTTP/1.1 200\n\n", "BARE_LF"],
  ["RFC 9112 §2.2: CR alone in the reason", "HTTP/1.1 200 O\rK\r\n\r\n", "BARE_CR"],

  // Field lines
  ["RFC 9112 §5.1: a blank before the colon", response("A : b\r\n"), "SPACE_BEFORE_COLON"],
  ["RFC 9112 §5.2: obs-fold", response("A: b\r\n c\r\n"), "OBS_FOLD"],
  ["RFC 9110 §5.5: NUL in a value", response("A: b\0\r\n"), "FIELD_VALUE"],
  ["RFC 9112 §5: no colon", response("A\r\n"), "FIELD_NAME"],

  // Framing
  [
    "RFC 9112 §6.3: two lengths",
    response("Content-Length: 5\r\nContent-Length: 5\r\n"),
    "CONTENT_LENGTH_REPEATED",
  ],
  ["RFC 9112 §6.3: a list of lengths", response("Content-Length: 5, 5\r\n"), "CONTENT_LENGTH"],
  ["RFC 9110 §8.6: a sign", response("Content-Length: +5\r\n"), "CONTENT_LENGTH"],
  ["RFC 9110 §8.6: empty", response("Content-Length:\r\n"), "CONTENT_LENGTH"],
  [
    "RFC 9112 §6.3: length and coding",
    response("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n"),
    "LENGTH_AND_CODING",
  ],
  [
    "RFC 9112 §6.1: another coding",
    response("Transfer-Encoding: gzip, chunked\r\n"),
    "TRANSFER_CODING_UNKNOWN",
  ],
  [
    "RFC 9112 §6.3: chunked not last",
    response("Transfer-Encoding: chunked, gzip\r\n"),
    "TRANSFER_CODING",
  ],
  [
    "RFC 9112 §6.1: chunked twice",
    response("Transfer-Encoding: chunked, chunked\r\n"),
    "TRANSFER_CODING",
  ],
  ["RFC 9112 §6.3: no chunked", response("Transfer-Encoding: identity\r\n"), "TRANSFER_CODING"],
  [
    "RFC 9112 §6.1: a coding in HTTP/1.0",
    response("Transfer-Encoding: chunked\r\n", "HTTP/1.0 200 OK"),
    "TRANSFER_CODING_HTTP10",
  ],
];

for (const [name, text, fault] of REFUSED) {
  Deno.test(`parse() refuses a response: ${name}`, () => {
    assertEquals(parseResponse(text).fault, fault);
  });
}

for (const method of ["HEAD", "GET"]) {
  Deno.test(`parse() refuses bad framing even where ${method} or 304 has no content`, () => {
    const lines = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
    const text = response(lines, `HTTP/1.1 ${method === "HEAD" ? 200 : 304} X`);
    assertEquals(parseResponse(text, method).fault, "LENGTH_AND_CODING");
  });
}

const LINES: readonly (readonly [line: string, status: number, reason: string])[] = [
  ["HTTP/1.1 200 OK", 200, "OK"],
  ["HTTP/1.1 200 ", 200, ""],
  ["HTTP/1.1 200", 200, ""],
  ["HTTP/1.1 404 Not  Found\t", 404, "Not  Found\t"],
  ["HTTP/1.0 599 \xe9\xff", 599, "\xe9\xff"],
  ["HTTP/1.1 100 Continue", 100, "Continue"],
];

for (const [line, status, reason] of LINES) {
  Deno.test(`parse() takes the status line ${JSON.stringify(line)} (RFC 9112 §4)`, () => {
    const { fault, head } = parseResponse(response("", line));
    assertEquals([fault, head.status, head.reason], [null, status, reason]);
  });
}

interface Framed {
  readonly name: string;
  readonly method?: string;
  readonly line?: string;
  readonly lines: string;
  readonly framing: Framing;
  readonly length: number;
  readonly isKeepAlive: boolean;
}

const { NONE, LENGTH, CHUNKED, CLOSE } = Framing;
const LENGTH_5 = "Content-Length: 5\r\n";
const IN_CHUNKS = "Transfer-Encoding: chunked\r\n";
const FRAMINGS: readonly Framed[] = [
  { name: "§6.2: a length", lines: LENGTH_5, framing: LENGTH, length: 5, isKeepAlive: true },
  { name: "§7.1: chunked", lines: IN_CHUNKS, framing: CHUNKED, length: -1, isKeepAlive: true },
  { name: "§6.3: neither", lines: "", framing: CLOSE, length: -1, isKeepAlive: false },
  {
    name: "§6.3: neither, though it says keep-alive",
    lines: "Connection: keep-alive\r\n",
    framing: CLOSE,
    length: -1,
    isKeepAlive: false,
  },
  {
    name: "§6.3: HEAD",
    method: "HEAD",
    lines: LENGTH_5,
    framing: NONE,
    length: 0,
    isKeepAlive: true,
  },
  {
    name: "§6.3: HEAD without a length",
    method: "HEAD",
    lines: "",
    framing: NONE,
    length: 0,
    isKeepAlive: true,
  },
  {
    name: "§6.3: HEAD with chunked",
    method: "HEAD",
    lines: IN_CHUNKS,
    framing: NONE,
    length: 0,
    isKeepAlive: true,
  },
  {
    name: "§6.3: 304 with a length",
    line: "HTTP/1.1 304 Not Modified",
    lines: LENGTH_5,
    framing: NONE,
    length: 0,
    isKeepAlive: true,
  },
  {
    name: "§6.3: 204",
    line: "HTTP/1.1 204 No Content",
    lines: "",
    framing: NONE,
    length: 0,
    isKeepAlive: true,
  },
  {
    name: "§6.3: 204 that announces content is not trusted further",
    line: "HTTP/1.1 204 No Content",
    lines: LENGTH_5,
    framing: NONE,
    length: 0,
    isKeepAlive: false,
  },
  {
    name: "§6.1: 204 with chunked is not trusted further",
    line: "HTTP/1.1 204 No Content",
    lines: IN_CHUNKS,
    framing: NONE,
    length: 0,
    isKeepAlive: false,
  },
  {
    name: "§6.3: 103",
    line: "HTTP/1.1 103 Early Hints",
    lines: "Link: </a>\r\n",
    framing: NONE,
    length: 0,
    isKeepAlive: true,
  },
  {
    name: "§6.3: 205 is framed like any other",
    line: "HTTP/1.1 205 Reset Content",
    lines: "Content-Length: 0\r\n",
    framing: LENGTH,
    length: 0,
    isKeepAlive: true,
  },
  {
    name: "§6.3: 2xx to CONNECT, whose fields are ignored (RFC 9110 §9.3.6)",
    method: "CONNECT",
    lines: `Content-Length: x\r\n${IN_CHUNKS}`,
    framing: NONE,
    length: 0,
    isKeepAlive: true,
  },
  {
    name: "§6.3: 4xx to CONNECT",
    method: "CONNECT",
    line: "HTTP/1.1 403 Forbidden",
    lines: LENGTH_5,
    framing: LENGTH,
    length: 5,
    isKeepAlive: true,
  },
  {
    name: "§9.3: close",
    lines: `${LENGTH_5}Connection: close\r\n`,
    framing: LENGTH,
    length: 5,
    isKeepAlive: false,
  },
  {
    name: "§9.3: HTTP/1.0",
    line: "HTTP/1.0 200 OK",
    lines: LENGTH_5,
    framing: LENGTH,
    length: 5,
    isKeepAlive: false,
  },
  {
    name: "§9.3: HTTP/1.0 with keep-alive",
    line: "HTTP/1.0 200 OK",
    lines: `${LENGTH_5}Connection: Keep-Alive\r\n`,
    framing: LENGTH,
    length: 5,
    isKeepAlive: true,
  },
];

for (const { name, method, line, lines, framing, length, isKeepAlive } of FRAMINGS) {
  Deno.test(`parse() finds a response's framing: RFC 9112 ${name}`, () => {
    const { fault, head } = parseResponse(response(lines, line), method);
    assertEquals(fault, null);
    const found = [head.framing, head.contentLength, head.isKeepAlive];
    assertEquals(found, [framing, length, isKeepAlive]);
  });
}

Deno.test("parse() sees that an upstream switches protocols (RFC 9110 §7.8)", () => {
  const line = "HTTP/1.1 101 Switching Protocols";
  const lines = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  assertEquals(parseResponse(response(lines, line)).head.isUpgrade, true);
  assertEquals(parseResponse(response("Upgrade: websocket\r\n", line)).head.isUpgrade, false);
});

Deno.test("parse() reads interim responses and the final one with one parser and head", () => {
  const interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  const final = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
  const bytes = bytesOf(`${interim}${final}hi`);
  const parser = new ResponseParser();
  const head = new WireResponseHead();
  parser.begin("GET");
  const first = parser.parse(bytes, 0, bytes.length, head);
  assertEquals([first, head.status, head.headers.get("link")], [interim.length, 103, "</a>"]);
  const second = parser.parse(bytes, first, bytes.length, head);
  assertEquals([second, head.status, head.headers.get("link")], [bytes.length - 2, 200, null]);
  assertEquals(head.contentLength, 2);
});

Deno.test("parse() bounds a response's head (RFC 9110 §5.4)", () => {
  assertEquals(parseResponse(response("A: b\r\n".repeat(129))).fault, "TOO_MANY_FIELDS");
  assertEquals(parseResponse(`HTTP/1.1 200 ${"x".repeat(70_000)}`).fault, "HEAD_TOO_LARGE");
  const head = response("A: b\r\n");
  assertEquals(parseResponse(head, "GET", { maxHeadBytes: head.length }).end, head.length);
  const less = { maxHeadBytes: head.length - 1 };
  assertEquals(parseResponse(head, "GET", less).fault, "HEAD_TOO_LARGE");
});

Deno.test("parseError() makes a 502 of every fault of a response, and names the section", () => {
  for (const fault of Object.values(ParseFault)) {
    const error = parseError(fault, "response");
    assertEquals(error.status, 502);
    assertEquals(error.source, "upstream");
    assert(/\(RFC \d{4} §/.test(error.message), error.message);
    const kind = error.message.includes("RFC 6585") ? "upstream_too_large_head" : "bad_response";
    assertEquals(error.kind, kind);
    assertEquals(parseError(fault, "request").source, "downstream");
  }
});
