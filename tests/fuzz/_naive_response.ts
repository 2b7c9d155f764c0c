import {
  attempt,
  type Content,
  type Fault,
  type Line,
  membersOf,
  readChunks,
  readCounted,
  Reader,
  readLines,
  Stop,
  valuesOf,
} from "./_naive_syntax.ts";

const STATUS_LINE = /^HTTP\/1\.1 ([1-5]\d\d) ([\t\x20-\x7e\x80-\xff]*)$/;

/** How the end of content is found. */
export type Framing = "none" | "length" | "chunked" | "close";

/** A response whose head is as it should be. */
export interface NaiveResponse {
  /** The interim responses before it. */
  readonly interim: readonly { readonly status: number; readonly lines: readonly Line[] }[];
  readonly status: number;
  readonly reason: string;
  readonly lines: readonly Line[];
  readonly framing: Framing;
  /** The content, or what keeps it from being read to its end. */
  readonly content: Content | Fault;
  readonly isKeepAlive: boolean;
  /** Where the content starts. */
  readonly contentAt: number;
  /** Where the response ends. */
  readonly end: number;
}

/** What a response answers. */
export interface Asked {
  readonly method: string;
  readonly version: string;
}

/** What a connection brought back. */
export interface NaiveResponses {
  readonly responses: readonly NaiveResponse[];
  /** What is left behind the last response. */
  readonly rest: string;
  /** What is wrong with the rest; null when nothing is, and for the content of the last response. */
  readonly fault: Fault | null;
}

/** Reads the responses to requests, fewer of them where the connection ended before. */
export function readResponses(text: string, asked: readonly Asked[]): NaiveResponses {
  const responses: NaiveResponse[] = [];
  let at = 0;
  for (const each of asked) {
    if (at === text.length) break;
    const response = attempt(() => readResponse(new Reader(text, at), each));
    if (typeof response === "string") return { responses, rest: text.slice(at), fault: response };
    responses.push(response);
    at = response.end;
    if (typeof response.content === "string") break;
  }
  return { responses, rest: text.slice(at), fault: null };
}

function readResponse(reader: Reader, asked: Asked): NaiveResponse {
  const interim: { status: number; lines: Line[] }[] = [];
  for (;;) {
    const start = STATUS_LINE.exec(reader.line());
    if (start === null) throw new Stop("bad");
    const status = Number(start[1]);
    const lines = readLines(reader);
    if (status < 200) {
      checkInterim(status, lines, asked);
      interim.push({ status, lines });
      continue;
    }
    const framing = responseFraming(asked, status, lines);
    const options = membersOf(lines, "connection");
    const isKeepAlive = framing !== "close" && !options.includes("close") &&
      (asked.version === "1.1" || options.includes("keep-alive"));
    const contentAt = reader.at;
    const content = attempt(() => readContent(reader, framing, lines));
    const end = reader.at;
    return {
      interim,
      status,
      reason: start[2],
      lines,
      framing,
      content,
      isKeepAlive,
      contentAt,
      end,
    };
  }
}

/** No framing in a 1xx (RFC 9110 §8.6, RFC 9112 §6.1), none at all to HTTP/1.0 (RFC 9110 §15.2). */
function checkInterim(status: number, lines: readonly Line[], asked: Asked): void {
  const hasFraming = valuesOf(lines, "content-length").length > 0 ||
    valuesOf(lines, "transfer-encoding").length > 0;
  if (hasFraming || asked.version === "1.0" || status === 101) throw new Stop("bad");
}

function readContent(reader: Reader, framing: Framing, lines: readonly Line[]): Content {
  if (framing === "chunked") return readChunks(reader);
  if (framing === "none") return { content: "", trailers: [] };
  const length = framing === "close"
    ? reader.text.length - reader.at
    : Number(valuesOf(lines, "content-length")[0]);
  return readCounted(reader, length);
}

/** RFC 9112 §6.3, as strict as a sender has to be. */
function responseFraming(asked: Asked, status: number, lines: readonly Line[]): Framing {
  const lengths = valuesOf(lines, "content-length");
  const codings = valuesOf(lines, "transfer-encoding");
  if (lengths.length > 1 || (lengths.length === 1 && !/^(?:0|[1-9]\d*)$/.test(lengths[0]))) {
    throw new Stop("bad");
  }
  if (codings.length > 0) {
    if (codings.join() !== "chunked" || lengths.length > 0) throw new Stop("bad");
    // RFC 9112 §6.1
    if (asked.version === "1.0" || status === 204) throw new Stop("bad");
  }
  if (status === 204 && lengths.length > 0) throw new Stop("bad");
  if (asked.method === "HEAD" || status === 204 || status === 304) return "none";
  if (codings.length > 0) return "chunked";
  return lengths.length > 0 ? "length" : "close";
}
