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
  TOKEN,
  valuesOf,
} from "./_naive_syntax.ts";

const REQUEST_LINE = new RegExp(`^(${TOKEN}) ([!"$-~\\x80-\\xff]+) HTTP/(1\\.[01])$`);
const HOST = /^(?:[-A-Za-z0-9._~!$&'()*+,;=%]+|\[[0-9A-Fa-f.:]*:[0-9A-Fa-f.:]*\])(?::(\d{0,5}))?$/;

/** A request whose head is as it should be. */
export interface NaiveRequest {
  readonly method: string;
  /** Path and query, `*`, or an authority for CONNECT. */
  readonly target: string;
  readonly authority: string;
  readonly version: string;
  readonly lines: readonly Line[];
  readonly isKeepAlive: boolean;
  /** Whether the client waits to be told to send its content. */
  readonly expectsContinue: boolean;
  /** The content, or what keeps it from being read to its end. */
  readonly content: Content | Fault;
  /** Where the request ends. */
  readonly end: number;
}

/** What a connection carried: requests, and why there are no more. */
export interface NaiveRequests {
  readonly requests: readonly NaiveRequest[];
  /** `close` behind the last request that the connection may carry. */
  readonly end: Fault | "close";
}

/** Reads what came over a connection, up to the first fault or the last request. */
export function readRequests(text: string): NaiveRequests {
  const requests: NaiveRequest[] = [];
  for (let at = 0;;) {
    const request = attempt(() => readRequest(new Reader(text, at)));
    if (typeof request === "string") return { requests, end: request };
    requests.push(request);
    const { content, isKeepAlive, method } = request;
    if (typeof content === "string") return { requests, end: content };
    if (!isKeepAlive || method === "CONNECT") return { requests, end: "close" };
    at = request.end;
  }
}

function readRequest(reader: Reader): NaiveRequest {
  // RFC 9112 §2.2: one empty line may come first.
  if (reader.text.startsWith("\r\n", reader.at)) reader.at += 2;
  const start = REQUEST_LINE.exec(reader.line());
  if (start === null || start[1].length > 64) throw new Stop("bad");
  const [, method, raw, version] = start;
  const lines = readLines(reader);
  const hosts = valuesOf(lines, "host");
  // RFC 9112 §3.2
  if (hosts.length > 1 || (hosts.length === 0 && version === "1.1")) throw new Stop("bad");
  if (hosts.length === 1 && !HOST.test(hosts[0])) throw new Stop("bad");
  const place = readTarget(method, raw, hosts[0] ?? "");
  const isExpecting = readExpectation(lines, version);
  const length = contentLength(lines, version);
  // RFC 9110 §9.3.6, §9.3.8
  if (length !== 0 && (method === "CONNECT" || method === "TRACE")) throw new Stop("bad");
  const options = membersOf(lines, "connection");
  const isKeepAlive = !options.includes("close") && version === "1.1";
  const expectsContinue = isExpecting && length !== 0;
  const content = attempt(() => length < 0 ? readChunks(reader) : readCounted(reader, length));
  const { at } = reader;
  return { method, ...place, version, lines, isKeepAlive, expectsContinue, content, end: at };
}

/** RFC 9112 §3.2: the four forms of a target. */
function readTarget(
  method: string,
  raw: string,
  host: string,
): { target: string; authority: string } {
  if (method === "CONNECT") {
    const port = Number(HOST.exec(raw)?.[1] ?? 0);
    if (port < 1 || port > 65_535) throw new Stop("bad");
    return { target: raw, authority: raw };
  }
  if (raw.startsWith("/") || (raw === "*" && method === "OPTIONS")) {
    return { target: raw, authority: host };
  }
  const parts = /^[Hh][Tt][Tt][Pp][Ss]?:\/\/([^/?]*)(.*)$/s.exec(raw);
  if (parts === null || !HOST.test(parts[1])) throw new Stop("bad");
  const [, authority, rest] = parts;
  if (rest === "") return { target: method === "OPTIONS" ? "*" : "/", authority };
  return { target: rest.startsWith("?") ? `/${rest}` : rest, authority };
}

/** RFC 9110 §10.1.1: nothing but 100-continue may be expected, and HTTP/1.0 expects nothing. */
function readExpectation(lines: readonly Line[], version: string): boolean {
  const expectations = valuesOf(lines, "expect");
  if (version === "1.0" || expectations.length === 0) return false;
  if (expectations.join().toLowerCase() !== "100-continue") throw new Stop("bad");
  return true;
}

/** RFC 9112 §6: the length of the content, -1 for chunks; where there is doubt, it is refused. */
function contentLength(lines: readonly Line[], version: string): number {
  const lengths = valuesOf(lines, "content-length");
  const codings = valuesOf(lines, "transfer-encoding");
  if (codings.length > 0) {
    const isSure = codings.join().toLowerCase() === "chunked" && lengths.length === 0;
    if (!isSure || version === "1.0") throw new Stop("bad");
    return -1;
  }
  if (lengths.length === 0) return 0;
  const length = Number(lengths[0]);
  const isSure = lengths.length === 1 && /^(?:0|[1-9]\d*)$/.test(lengths[0]);
  if (!isSure || !Number.isSafeInteger(length)) throw new Stop("bad");
  return length;
}
