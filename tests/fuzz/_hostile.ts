import { assert, assertEquals } from "@std/assert";
import {
  type Body,
  Framing,
  type Handler,
  HeaderList,
  type HeaderMap,
  reply,
  type RequestHead,
  requestHeadLength,
  setFraming,
  writeChunkHeader,
  writeLastChunk,
  writeRequestHead,
} from "../../core/mod.ts";
import { type Arrival, piecesOf } from "./_cut.ts";
import { bytesOf, textOf } from "./_latin1.ts";
import { serveInMemory } from "./_memory_server.ts";
import { type NaiveRequest, readRequests } from "./_naive_request.ts";
import { readResponses } from "./_naive_response.ts";
import type { Line } from "./_naive_syntax.ts";

/** What the handler saw of a request, and what a proxy would have sent on. */
export interface HostileRequest {
  readonly head: readonly unknown[];
  readonly method: string;
  readonly version: string;
  content: string | null;
  trailers: readonly Line[];
  isBroken: boolean;
  forwarded: string | null;
}

/** Options of {@linkcode serveHostile}. */
export interface HostileOptions {
  readonly arrival: Arrival;
  /** Whether the handler reads content or leaves it to the connection. */
  readonly use: "all" | "none";
}

/**
 * Serves bytes of any kind, and holds what happens against what the naive reader finds in them: the
 * handler has seen exactly the requests that are there, each of them once and whole, as far as they are
 * good; everything else was refused, and nothing was answered behind a refusal.
 */
export async function serveHostile(
  text: string,
  { arrival: { cuts, pace }, use }: HostileOptions,
): Promise<{ seen: readonly HostileRequest[]; isRefused: boolean }> {
  const seen: HostileRequest[] = [];
  const server = serveInMemory(noting(seen, use));
  for (const piece of piecesOf(text, cuts)) {
    server.client.send(piece);
    for (let turn = 0; turn < pace; turn++) await null;
  }
  server.client.end();
  await server.ended();

  const naive = readRequests(text);
  const isUnread = ({ expectsContinue }: NaiveRequest) => expectsContinue && use === "none";
  const last = naive.requests.findIndex(isUnread);
  const requests = last < 0 ? naive.requests : naive.requests.slice(0, last + 1);
  assertEquals(seen.map(({ head }) => head), requests.map(headOf));
  for (const [i, request] of requests.entries()) compare(seen[i], request, use);

  const asked = [...requests, { method: "GET", version: "1.1" }];
  const { responses, rest, fault } = readResponses(server.received, asked);
  assertEquals([rest, fault], ["", null], "whole responses and nothing else");
  const isHeadBad = requests.every(({ content }) => typeof content !== "string") && last < 0 &&
    naive.end === "bad";
  const isRefused = responses.length > requests.length;
  if (isHeadBad) assert(isRefused, "a bad head is refused");
  // A head that has ended too early may be known to be bad.
  if (isRefused && !isHeadBad) assertEquals(naive.end, "more");
  assertEquals(responses.length - (isRefused ? 1 : 0), requests.length);
  if (isRefused) {
    const { status, isKeepAlive } = responses[requests.length];
    assert([400, 414, 417, 431, 501, 505].includes(status), `status ${status}`);
    assertEquals(isKeepAlive, false);
  }
  assertEquals([server.client.isClosed, server.wheel.armedCount], [true, 0]);
  assertEquals(server.ends.length, responses.length);
  return { seen, isRefused };
}

function headOf({ method, target, authority, version, lines }: NaiveRequest): unknown[] {
  return [method, target, authority, version, lines.filter(isNotHost)];
}

function isNotHost([name]: Line): boolean {
  return name.toLowerCase() !== "host";
}

function noting(seen: HostileRequest[], use: "all" | "none"): Handler {
  return async ({ request, body }) => {
    const { method, target, authority, version } = request;
    const noted: HostileRequest = {
      head: [method, target, authority, version, [...request.headers].filter(isNotHost)],
      method,
      version,
      content: null,
      trailers: [],
      isBroken: false,
      forwarded: null,
    };
    seen.push(noted);
    if (use === "none") return reply(200, "ok");
    try {
      noted.content = body === null ? "" : await contentOf(body);
    } catch (error) {
      noted.isBroken = true;
      throw error;
    }
    noted.trailers = [...body?.trailers ?? []];
    noted.forwarded = forward(request, noted.content, body);
    return reply(200, "ok");
  };
}

async function contentOf(body: Body): Promise<string> {
  let content = "";
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
    content += textOf(chunk);
  }
  return content;
}

/** The request as a proxy sends it on. */
function forward(request: RequestHead, content: string, body: Body | null): string {
  const { headers } = request;
  const isChunked = body !== null && body.length === undefined;
  // What is for this hop alone, and nothing of the rest depends on.
  for (const name of ["connection", "expect"]) headers.delete(name);
  if (!headers.has("host")) headers.set("host", "a");
  const framing = isChunked ? Framing.CHUNKED : body === null ? Framing.NONE : Framing.LENGTH;
  setFraming(headers, framing, content.length);
  const head = new Uint8Array(requestHeadLength(request));
  const text = textOf(head.subarray(0, writeRequestHead(head, 0, request)));
  return text + (isChunked ? chunksOf(content, body.trailers ?? new HeaderList()) : content);
}

function chunksOf(content: string, trailers: HeaderMap): string {
  const out = new Uint8Array(content.length + 20_000);
  let at = 0;
  if (content !== "") {
    at = writeChunkHeader(out, at, content.length);
    out.set(bytesOf(`${content}\r\n`), at);
    at += content.length + 2;
  }
  return textOf(out.subarray(0, writeLastChunk(out, at, trailers)));
}

/** RFC 9110 §6.5.1: what frames or routes a message, or decides who may send it, is in no trailer. */
const NEVER_IN_TRAILERS =
  /^(?:host|content-.*|transfer-encoding|connection|te|trailer|upgrade|authorization|cookie|set-cookie|expect|x-forwarded-.*|if-.*)$/i;

function compare(noted: HostileRequest, request: NaiveRequest, use: "all" | "none"): void {
  const { content } = request;
  if (use === "none") return;
  if (typeof content === "string") {
    assertEquals([noted.isBroken, noted.content], [true, null], "content that is not whole breaks");
    return;
  }
  assertEquals([noted.isBroken, noted.content], [false, content.content]);
  const kept = content.trailers.filter((line) => noted.trailers.some((each) => isSame(each, line)));
  assertEquals(noted.trailers, kept, "trailers are those that came, in their order");
  for (const [name] of noted.trailers) assert(!NEVER_IN_TRAILERS.test(name), name);
  for (const [name] of content.trailers) {
    if (/^x-(?!forwarded|real)/i.test(name)) assert(noted.trailers.some(([each]) => each === name));
  }
  const forwarded = noted.forwarded ?? "";
  const { requests, end } = readRequests(forwarded);
  assertEquals([requests.length, requests[0]?.end, end === "bad"], [1, forwarded.length, false]);
  const { method, target, authority, content: again } = requests[0];
  assertEquals([method, target], [request.method, request.target]);
  if (request.authority !== "") assertEquals(authority, request.authority);
  assertEquals(again, { content: content.content, trailers: noted.trailers });
}

function isSame(one: Line, other: Line): boolean {
  return one[0] === other[0] && one[1] === other[1];
}
