import fc from "fast-check";
import type { Line } from "./_naive_syntax.ts";
import type { BodyScript } from "./_scripted_body.ts";

/** What a handler answers. */
export interface ReplyScript {
  readonly status: number;
  readonly reason: string;
  readonly lines: readonly Line[];
  readonly informs: readonly { readonly status: number; readonly lines: readonly Line[] }[];
  /** Turns before the answer. */
  readonly wait: number;
  readonly content:
    | { readonly kind: "none" }
    | { readonly kind: "bytes"; readonly text: string; readonly isCopied: boolean }
    | { readonly kind: "script"; readonly script: BodyScript };
  /** Whether it throws instead. */
  readonly throws: boolean;
}

/** A request that is answered. */
export interface AskedOnce {
  readonly method: "GET" | "HEAD" | "POST";
  readonly version: "1.0" | "1.1";
  readonly connection: "close" | "keep-alive" | null;
}

const name = fc.stringMatching(/^X-[!#$%&'*+.^_`|~0-9A-Za-z-]{0,8}$/);
const value = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,12}[!-~\x80-\xff])?)?$/);
const plainLine: fc.Arbitrary<Line> = fc.tuple(name, value);

/** Lines that a handler writes and this hop decides, and others that look like them. */
const hopLine = fc.constantFrom<Line>(
  ["Transfer-Encoding", "chunked"],
  ["transfer-encoding", "gzip, chunked"],
  ["Content-Length", "5"],
  ["Content-Length", "5, 5"],
  ["content-length", "-1"],
  ["Connection", "keep-alive"],
  ["Connection", "close, x"],
  ["Upgrade", "websocket"],
  ["Date", "Thu, 01 Jan 1970 00:00:01 GMT"],
  ["Set-Cookie", "a=b"],
  ["Set-Cookie", "a=b"],
);

const lines = fc.array(
  fc.oneof({ weight: 3, arbitrary: plainLine }, { weight: 2, arbitrary: hopLine }),
  { maxLength: 4 },
);

const framingLine = fc.constantFrom<Line>(["Content-Length", "5"], [
  "transfer-encoding",
  "chunked",
]);

const status = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(200, 200, 201, 206, 404, 500, 599) },
  { weight: 2, arbitrary: fc.constantFrom(204, 205, 304) },
  { weight: 1, arbitrary: fc.constantFrom(100, 101, 103, 99, 600, NaN, 200.5) },
);

const anyBytes = fc.array(fc.nat({ max: 255 }), { minLength: 1, maxLength: 20 })
  .map((bytes) => String.fromCharCode(...bytes));

const piece = fc.oneof(
  { weight: 6, arbitrary: anyBytes },
  { weight: 1, arbitrary: fc.constant("") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(1_000, 65_000, 65_536, 70_000, 140_000).map((n) => "#".repeat(n)),
  },
);

const script: fc.Arbitrary<BodyScript> = fc.record({
  pieces: fc.array(piece, { maxLength: 4 }),
  breaksBehind: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, {
    weight: 1,
    arbitrary: fc.nat({ max: 4 }),
  }),
  wait: fc.constantFrom(0, 0, 1, 7),
  isReady: fc.constantFrom(undefined, true, false),
  told: fc.constantFrom("right", "right", "unknown", "unknown", "longer", "shorter"),
  trailers: fc.oneof(fc.constant(null), fc.array(plainLine, { maxLength: 3 })),
}).map(({ told, ...rest }) => {
  const length = rest.pieces.join("").length;
  const off = told === "longer" ? 1 : told === "shorter" ? -1 : 0;
  return { ...rest, length: told === "unknown" ? undefined : Math.max(0, length + off) };
});

const content: fc.Arbitrary<ReplyScript["content"]> = fc.oneof(
  fc.constant({ kind: "none" as const }),
  fc.record({
    kind: fc.constant("bytes" as const),
    text: fc.oneof(fc.constant(""), piece),
    isCopied: fc.boolean(),
  }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("script" as const), script }) },
);

export const replyScript: fc.Arbitrary<ReplyScript> = fc.record({
  status,
  reason: fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom("", "", "Fine", "\xe4 \t!") },
    { weight: 1, arbitrary: fc.constantFrom("a\r\nX: y", "\0", "\u20ac") },
  ),
  lines,
  informs: fc.oneof(
    { weight: 4, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.record({
          status: fc.constantFrom(100, 102, 103, 199),
          lines: fc.array(fc.oneof(plainLine, framingLine), { maxLength: 2 }),
        }),
        { maxLength: 2 },
      ),
    },
  ),
  wait: fc.constantFrom(0, 0, 3, 20),
  content,
  throws: fc.nat({ max: 14 }).map((n) => n === 0),
});

export const askedOnce: fc.Arbitrary<AskedOnce> = fc.record({
  method: fc.constantFrom("GET", "GET", "GET", "POST", "HEAD"),
  version: fc.constantFrom("1.1", "1.1", "1.1", "1.0"),
  connection: fc.constantFrom(null, null, null, "keep-alive", "close"),
});
