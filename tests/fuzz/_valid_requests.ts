import fc from "fast-check";
import type { Line } from "./_naive_syntax.ts";

/** A valid request: its text, and what whoever receives it must see. */
export interface ValidRequest {
  readonly text: string;
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly version: "1.0" | "1.1";
  /** The field lines but Host. */
  readonly lines: readonly Line[];
  readonly content: string;
  /** Whether a length or a coding is told. */
  readonly isFramed: boolean;
  /** Those that may stand in a trailer section. */
  readonly trailers: readonly Line[];
  readonly expectsContinue: boolean;
  readonly isKeepAlive: boolean;
}

function byteText(constraints: fc.ArrayConstraints): fc.Arbitrary<string> {
  return fc.array(fc.nat({ max: 255 }), constraints)
    .map((bytes) => String.fromCharCode(...bytes));
}

const anyCase = (text: string): fc.Arbitrary<string> =>
  fc.constantFrom(text, text.toLowerCase(), text.toUpperCase());

const method = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("GET", "POST", "PUT", "HEAD", "DELETE") },
  {
    weight: 1,
    arbitrary: fc.constantFrom("OPTIONS", "PATCH", "get", "M-SEARCH", "!#$%&'*+-.^_`|~"),
  },
);

const path = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("/", "/a?b=c", "/%2F/../x", "//a", "/?") },
  { weight: 1, arbitrary: fc.stringMatching(/^\/[!"$-~\x80-\xff]{0,30}$/) },
);

const authority = fc.constantFrom("a", "a.example:8080", "[::1]:80", "192.0.2.1", "a_b:");

const target = fc.oneof(
  { weight: 5, arbitrary: path.map((path) => ({ sent: path, path, authority: null })) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom("http://", "HTTPS://"), authority, path).map((
      [scheme, authority, path],
    ) => ({ sent: `${scheme}${authority}${path}`, path, authority })),
  },
);

const value = fc.stringMatching(/^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]{0,20}[!-~\x80-\xff])?)?$/);
const name = fc.stringMatching(/^X-[!#$%&'*+.^_`|~0-9A-Za-z-]{0,12}$/);
const blank = fc.constantFrom("", " ", "\t", "  ");
const otherLine = fc.tuple(name, value);

/** Lines that mean something elsewhere and nothing here. */
const plainLine: fc.Arbitrary<Line> = fc.oneof(
  otherLine,
  fc.constantFrom<Line>(
    ["TE", "trailers"],
    ["Content-Encoding", "chunked"],
    ["Upgrade", "websocket"],
    ["Keep-Alive", "timeout=5"],
    ["X-Content-Length", "5"],
    ["Transfer-Encodin", "chunked"],
    ["Content-Lengt", "7"],
  ),
);

/** Lines that have no place in a trailer section and are dropped from it. */
const forbiddenTrailer = fc.constantFrom<Line>(
  ["Content-Length", "3"],
  ["Transfer-Encoding", "chunked"],
  ["host", "b"],
  ["Authorization", "x"],
  ["Content-Type", "a/b"],
  ["If-Match", "a"],
);

const extension = fc.oneof(
  { weight: 6, arbitrary: fc.constant("") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ";a",
      ";a=b",
      ' ;\ta = "b;\\"\\\\"',
      ';x="\xff"; y',
      ";a=;".slice(0, 2),
    ),
  },
);

const size = (length: number): fc.Arbitrary<string> =>
  fc.tuple(fc.constantFrom("", "0", "0000"), anyCase(length.toString(16))).map((parts) =>
    parts.join("")
  );

const chunks = fc.array(byteText({ minLength: 1, maxLength: 40 }), { maxLength: 5 }).chain((
  pieces,
) =>
  fc.tuple(
    fc.tuple(...pieces.map((piece) => fc.tuple(size(piece.length), extension))),
    fc.tuple(fc.constantFrom("0", "0", "000"), extension),
    fc.array(
      fc.oneof(
        { weight: 3, arbitrary: otherLine.map((line) => ({ line, isKept: true })) },
        { weight: 1, arbitrary: forbiddenTrailer.map((line) => ({ line, isKept: false })) },
      ),
      { maxLength: 2 },
    ),
  ).map(([heads, [last, lastExtension], trailers]) => ({
    fields: [["Transfer-Encoding", "chunked"]] as readonly Line[],
    body: pieces.map((piece, i) => `${heads[i].join("")}\r\n${piece}\r\n`).join("") +
      `${last}${lastExtension}\r\n` +
      trailers.map(({ line: [name, value] }) => `${name}: ${value}\r\n`).join("") + "\r\n",
    content: pieces.join(""),
    trailers: trailers.filter(({ isKept }) => isKept).map(({ line }) => line),
  }))
);

const counted = fc.oneof(
  { weight: 4, arbitrary: byteText({ maxLength: 60 }) },
  // More than the idle buffer of a connection has.
  { weight: 1, arbitrary: fc.nat({ max: 3_000 }).map((length) => "#".repeat(length)) },
).map((content) => ({
  fields: [["Content-Length", String(content.length)]] as readonly Line[],
  body: content,
  content,
  trailers: [] as readonly Line[],
}));

const noContent = fc.constant({
  fields: [] as readonly Line[],
  body: "",
  content: "",
  trailers: [] as readonly Line[],
});

const connection = fc.oneof(
  { weight: 8, arbitrary: fc.constant(null) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("keep-alive", "TE, Keep-Alive", "close", "x, CLOSE", ""),
  },
);

interface Parts {
  readonly target: {
    readonly sent: string;
    readonly path: string;
    readonly authority: string | null;
  };
  readonly framed: {
    readonly fields: readonly Line[];
    readonly body: string;
    readonly content: string;
    readonly trailers: readonly Line[];
  };
  readonly method: string;
  readonly isOld: boolean;
  readonly host: string;
  readonly hostAt: number;
  readonly before: readonly Line[];
  readonly after: readonly Line[];
  readonly connection: string | null;
  readonly expects: boolean;
  readonly blanks: readonly string[];
  readonly emptyLine: boolean;
}

function build(parts: Parts): ValidRequest {
  const { framed, target, connection, blanks } = parts;
  // HTTP/1.0 has no chunks.
  const isOld = parts.isOld && framed.fields[0]?.[0] !== "Transfer-Encoding";
  const version = isOld ? "1.0" : "1.1";
  const lines: Line[] = [...parts.before, ...framed.fields];
  if (connection !== null) lines.push(["Connection", connection]);
  if (parts.expects) lines.push(["Expect", "100-Continue"]);
  lines.push(...parts.after);
  const options = (connection ?? "").toLowerCase();
  const isKeepAlive = !options.includes("close") && !isOld;
  const sent: Line[] = [...lines];
  sent.splice(parts.hostAt % (lines.length + 1), 0, ["Host", parts.host]);
  const head = sent.map(([name, value], i) =>
    `${name}:${blanks[i % blanks.length]}${value}${blanks[(i + 1) % blanks.length]}\r\n`
  ).join("");
  return {
    text:
      `${
        parts.emptyLine ? "\r\n" : ""
      }${parts.method} ${target.sent} HTTP/${version}\r\n${head}\r\n` +
      framed.body,
    method: parts.method,
    target: target.path,
    authority: target.authority ?? parts.host,
    version,
    lines,
    content: framed.content,
    isFramed: framed.fields.length > 0,
    trailers: framed.trailers,
    expectsContinue: parts.expects && !isOld && framed.body !== "",
    isKeepAlive,
  };
}

export const validRequest: fc.Arbitrary<ValidRequest> = fc.record({
  target,
  framed: fc.oneof(noContent, counted, chunks),
  method,
  isOld: fc.nat({ max: 9 }).map((n) => n === 0),
  host: authority,
  hostAt: fc.nat({ max: 5 }),
  before: fc.array(plainLine, { maxLength: 3 }),
  after: fc.array(plainLine, { maxLength: 2 }),
  connection,
  expects: fc.nat({ max: 5 }).map((n) => n === 0),
  blanks: fc.array(blank, { minLength: 1, maxLength: 3 }),
  emptyLine: fc.nat({ max: 9 }).map((n) => n === 0),
}).map(build);
