import fc from "fast-check";

/** A text of any bytes, one a character. */
function byteText(minLength: number, maxLength: number, max = 0xff): fc.Arbitrary<string> {
  return fc.array(fc.nat({ max }), { minLength, maxLength })
    .map((bytes) => String.fromCharCode(...bytes));
}

const lineEnd = fc.oneof(
  { weight: 30, arbitrary: fc.constant("\r\n") },
  { weight: 1, arbitrary: fc.constantFrom("\n", "\r", "\r\r\n", "") },
);

/** Lines as they should be, in contents that agree with each other or not. */
const goodLine = fc.constantFrom(
  "Content-Length: 5\r\n",
  "Content-Length:0\t \r\n",
  "Transfer-Encoding: Chunked\r\n",
  "Connection: close\r\n",
  "connection: keep-alive, Upgrade\r\n",
  "Upgrade: websocket\r\n",
  "Expect: 100-continue\r\n",
  "TE: trailers\r\n",
  "Via: 1.1 a, 1.0 b\r\n",
  "Set-Cookie: a=b; c\r\n",
  "Accept:\r\n",
);

const otherLine = fc.tuple(
  fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,14}$/),
  fc.constantFrom(":", ": ", ":\t "),
  fc.stringMatching(/^[\t -~\x80-\xff]{0,30}$/),
  fc.constant("\r\n"),
).map((parts) => parts.join(""));

const badLine = fc.tuple(
  fc.constantFrom(
    "Host",
    "Content-Length",
    "Transfer-Encoding",
    "Expect",
    "",
    "X Y",
    "X\t",
    "\xe9",
    " X",
  ),
  fc.constantFrom(":", ": "),
  fc.constantFrom(
    "a",
    "05",
    "5, 5",
    "-1",
    "gzip, chunked",
    "chunked,",
    "a\0",
    "a\rb",
    "\x7f",
    "a\r\n b",
  ),
  lineEnd,
).map((parts) => parts.join(""));

const fieldLine = fc.oneof(
  { weight: 12, arbitrary: goodLine },
  { weight: 8, arbitrary: otherLine },
  { weight: 1, arbitrary: badLine },
);

/** Field lines that most messages need. */
const host = fc.oneof(
  { weight: 16, arbitrary: fc.constant("Host: a\r\n") },
  { weight: 1, arbitrary: fc.constantFrom("", "Host:\r\n", "Host: a b\r\n") },
);

const method = fc.oneof(
  { weight: 16, arbitrary: fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "PUT") },
  { weight: 3, arbitrary: fc.constantFrom("CONNECT", "TRACE", "PATCH", "get", "M-SEARCH") },
  { weight: 1, arbitrary: fc.stringMatching(/^[ -~]{0,70}$/) },
);

const target = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("/", "/a?b", "//a", "http://b/x", "HTTP://b:80?y") },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "*",
      "http://b",
      "https://b?y",
      "b:443",
      "http://u@b/",
    ),
  },
  { weight: 3, arbitrary: fc.stringMatching(/^\/[!-~\x80-\xff]{0,40}$/) },
  { weight: 1, arbitrary: byteText(0, 10, 0x7e) },
);

const version = fc.oneof(
  { weight: 16, arbitrary: fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.0") },
  { weight: 1, arbitrary: fc.constantFrom("HTTP/2.0", "HTTP/1.2", "http/1.1", "HTTP/1.1 ", "") },
);

/** Whole requests, good and bad, with something behind them. */
export const requestText: fc.Arbitrary<string> = fc.tuple(
  fc.oneof(
    { weight: 8, arbitrary: fc.constant("") },
    { weight: 1, arbitrary: fc.constantFrom("\r\n", "\n", "\r\n\r\n") },
  ),
  method,
  fc.oneof(
    { weight: 20, arbitrary: fc.constant(" ") },
    { weight: 1, arbitrary: fc.constantFrom("  ", "\t") },
  ),
  target,
  fc.constant(" "),
  version,
  lineEnd,
  host,
  fc.array(fieldLine, { maxLength: 6 }).map((lines) => lines.join("")),
  lineEnd,
  fc.constantFrom("", "", "GET / HTTP/1.1\r\n", "\0\r\n"),
).map((parts) => parts.join(""));

/** Whole responses, good and bad, with something behind them. */
export const responseText: fc.Arbitrary<string> = fc.tuple(
  version,
  fc.constantFrom(" ", " ", " ", "  "),
  fc.oneof(
    fc.constantFrom("200", "204", "304", "101", "600", "20"),
    fc.stringMatching(/^[0-6]{3}$/),
  ),
  fc.oneof(fc.constantFrom("", " ", " OK"), fc.stringMatching(/^ [\t -~\x80-\xff]{0,12}$/)),
  lineEnd,
  fc.array(fieldLine, { maxLength: 6 }).map((lines) => lines.join("")),
  lineEnd,
  fc.constantFrom("", "hello"),
).map((parts) => parts.join(""));

const extension = fc.oneof(
  { weight: 5, arbitrary: fc.constant("") },
  { weight: 1, arbitrary: fc.constantFrom(";a", ";a=b", ' ; a = "b;\\"" ;c', " ", ";", ";a=") },
);

/** Content in chunks, good and mostly not broken, with what it contains where it is good. */
export const chunkedText: fc.Arbitrary<string> = fc.tuple(
  fc.array(
    fc.tuple(byteText(1, 40), extension, lineEnd, lineEnd)
      .map(([data, extension, first, second]) =>
        `${data.length.toString(16)}${extension}${first}${data}${second}`
      ),
    { maxLength: 5 },
  ).map((chunks) => chunks.join("")),
  fc.constantFrom("0", "0", "0", "00", "0;a"),
  lineEnd,
  fc.array(fieldLine, { maxLength: 2 }).map((lines) => lines.join("")),
  lineEnd,
  fc.constantFrom("", "GET"),
).map((parts) => parts.join(""));

/** Bytes put in place of others, taken out or put in: what a hostile sender tries. */
export interface Mutation {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const mutation = fc.record({
  at: fc.nat({ max: 4096 }),
  remove: fc.nat({ max: 3 }),
  insert: fc.oneof(
    fc.constantFrom("", "\r", "\n", "\r\n", " ", "\t", "\0", ":", ";", ",", "0", "\xff"),
    byteText(0, 3),
  ),
});

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.oneof(
  fc.constant([]),
  fc.array(mutation, { minLength: 1, maxLength: 3 }),
);

export function mutate(text: string, steps: readonly Mutation[]): string {
  for (const { at, remove, insert } of steps) {
    const place = at % (text.length + 1);
    text = text.slice(0, place) + insert + text.slice(place + remove);
  }
  return text;
}

/** Where a text is cut into pieces: these places, or behind each byte. */
export type Cuts = readonly number[] | "each byte";

export const cuts: fc.Arbitrary<Cuts> = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.nat({ max: 400 }), { maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constant("each byte" as const) },
);

/** The ends of the pieces that cuts make of a text, in order, the last one its own. */
export function pieceEnds(text: string, cuts: Cuts): number[] {
  const places = cuts === "each byte" ? Array.from(text, (_, i) => i) : cuts;
  const inside = [...new Set(places)].filter((place) => place < text.length);
  return [...inside.sort((a, b) => a - b), text.length];
}
