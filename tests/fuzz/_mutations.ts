import fc from "fast-check";

/** One change to the bytes of requests: what a hostile sender tries. */
export interface Mutation {
  /** Which bytes it looks for; it takes the `nth` of them, counted round. */
  readonly where: keyof typeof PLACES;
  readonly nth: number;
  /** What becomes of them: the change is made in front of, in place of, or behind them. */
  readonly side: "before" | "instead" | "behind";
  readonly insert: string;
}

/** Where the grammar has its joints. */
const PLACES = {
  anywhere: /[^]/g,
  lineEnd: /\r\n/g,
  headEnd: /\r\n\r\n/g,
  colon: /:/g,
  blank: /[ \t]+/g,
  digits: /\d+/g,
  framing: /content-length|transfer-encoding|chunked/gi,
  version: /HTTP\/1\.\d/g,
  line: /[^\r\n]+\r\n/g,
};

const hostileLines = [
  "Content-Length: 3\r\n",
  "Content-Length: 0\r\n",
  "content-length:3\r\n",
  "Content-Length: +3\r\n",
  "Content-Length: 03\r\n",
  "Content-Length: 3, 3\r\n",
  "Content-Length: 0x3\r\n",
  "Content-Length:\r\n",
  "Content-Length : 3\r\n",
  "Content_Length: 3\r\n",
  "Transfer-Encoding: chunked\r\n",
  "Transfer-Encoding: CHUNKED\r\n",
  "Transfer-Encoding : chunked\r\n",
  "Transfer-Encoding: xchunked\r\n",
  "Transfer-Encoding: gzip, chunked\r\n",
  "Transfer-Encoding: chunked, identity\r\n",
  "Transfer-Encoding: chunked;q=1\r\n",
  'Transfer-Encoding: "chunked"\r\n',
  "Transfer-Encoding:\r\n chunked\r\n",
  "Transfer-Encoding: chunked\x0b\r\n",
  "Transfer-Encoding\0: chunked\r\n",
  " Transfer-Encoding: chunked\r\n",
  "X: x\nTransfer-Encoding: chunked\r\n",
  "X: x\rTransfer-Encoding: chunked\r\n",
  "Host: evil\r\n",
  "Host:\r\n",
  "Connection: close\r\n",
  "Connection: content-length\r\n",
  "Expect: 100-continue\r\n",
  "Expect: 200-ok\r\n",
  "Upgrade: h2c\r\nConnection: upgrade\r\n",
  "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n",
  "0\r\n\r\n",
  "\r\n",
];

const hostileBytes = [
  ...[
    "",
    "\r",
    "\n",
    "\r\n",
    "X\n",
    "\rX",
    "\r\r\n",
    "\n\n",
    "\r\n ",
    "\r\n\t",
    "\0",
    "\x0b",
    "\x0c",
    "\x7f",
  ],
  ...[" ", "\t", ":", ";", ",", "=", '"', "\\", "#", "?", "*", "/", "%", "@", "\x80", "\xff"],
  ...["0", "1", "00", "-1", "+1", "0x1", "1e1", "ffffffffffffffff", "10000000000000000", "5;a=b"],
  ...[
    "HTTP/1.0",
    "HTTP/1.2",
    "HTTP/2.0",
    "HTTP/0.9",
    "http/1.1",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  ],
  ...["CONNECT", "TRACE", "OPTIONS *", "http://b", "https://b:99999/", "http://u@b/", "//b"],
];

const mutation: fc.Arbitrary<Mutation> = fc.record({
  where: fc.constantFrom<keyof typeof PLACES>(
    ...["anywhere", "lineEnd", "lineEnd", "headEnd", "colon", "blank"] as const,
    ...["digits", "framing", "version", "line"] as const,
  ),
  nth: fc.nat({ max: 500 }),
  side: fc.constantFrom("before", "instead", "behind"),
  insert: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...hostileBytes) },
    { weight: 3, arbitrary: fc.constantFrom(...hostileLines) },
    {
      weight: 1,
      arbitrary: fc.array(fc.nat({ max: 255 }), { maxLength: 3 })
        .map((bytes) => String.fromCharCode(...bytes)),
    },
  ),
});

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.oneof(
  fc.tuple(mutation),
  fc.array(mutation, { minLength: 2, maxLength: 4 }),
);

/** The bytes with the changes made one after the other. */
export function mutate(text: string, changes: readonly Mutation[]): string {
  for (const { where, nth, side, insert } of changes) {
    const found = [...text.matchAll(PLACES[where])];
    if (found.length === 0) continue;
    const { 0: old, index } = found[nth % found.length];
    const kept = side === "before" ? insert + old : side === "behind" ? old + insert : insert;
    text = text.slice(0, index) + kept + text.slice(index + old.length);
  }
  return text;
}
