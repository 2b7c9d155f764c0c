/** Stand-in for `serveFile` of `jsr:@std/http/file-server`. */
import { contentType } from "./content_type.ts";
import { eTag, ifNoneMatch } from "./etag.ts";
import { STATUS_TEXT, type StatusCode } from "./status.ts";

export interface ServeFileOptions {
  etagAlgorithm?: "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
  fileInfo?: Deno.FileInfo;
}

interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** A response whose body is the reason phrase, as the file server answers its refusals. */
export function plain(status: StatusCode, headers?: HeadersInit): Response {
  const statusText = STATUS_TEXT[status];
  return new Response(statusText, { status, statusText, headers });
}

export async function serveFile(
  request: Request,
  filePath: string,
  options: ServeFileOptions = {},
): Promise<Response> {
  await request.body?.cancel();
  if (request.method !== "GET" && request.method !== "HEAD") return plain(405);
  const info = options.fileInfo ?? await statOrNull(filePath);
  if (info === null || info.isDirectory) return plain(404);

  const headers = new Headers({
    "accept-ranges": "bytes",
    server: "deno",
    vary: "Accept-Encoding",
  });
  const etag = await eTag(info, { algorithm: options.etagAlgorithm });
  if (etag !== undefined) headers.set("etag", etag);
  if (info.mtime) headers.set("last-modified", info.mtime.toUTCString());
  const type = contentType(extension(filePath));
  if (type !== undefined) headers.set("content-type", type);

  if (request.method === "HEAD") {
    headers.set("content-length", String(info.size));
    return respond(200, null, headers);
  }
  if (isNotModified(request, etag, info.mtime)) {
    return respond(304, null, headers);
  }

  const wanted = info.size > 0 ? parseRange(request.headers.get("range"), info.size) : null;
  if (wanted === null) {
    headers.set("content-length", String(info.size));
    return respond(200, (await Deno.open(filePath)).readable, headers);
  }
  if (wanted.first >= info.size || wanted.last < Math.max(0, wanted.first)) {
    headers.set("content-range", `bytes */${info.size}`);
    return plain(416, headers);
  }
  const first = Math.max(0, wanted.first);
  const last = Math.min(wanted.last, info.size - 1);
  headers.set("content-range", `bytes ${first}-${last}/${info.size}`);
  headers.set("content-length", String(last - first + 1));
  return respond(206, await openRange(filePath, first, last), headers);
}

function respond(
  status: 200 | 206 | 304,
  body: ReadableStream<Uint8Array<ArrayBuffer>> | null,
  headers: Headers,
): Response {
  return new Response(body, {
    status,
    statusText: STATUS_TEXT[status],
    headers,
  });
}

async function statOrNull(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function extension(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot) : "";
}

/** RFC 9110 §13.2.2: If-Modified-Since counts only where If-None-Match is absent; its dates have whole seconds. */
function isNotModified(
  request: Request,
  etag: string | undefined,
  mtime: Date | null,
): boolean {
  const noneMatch = request.headers.get("if-none-match");
  if (noneMatch !== null) return !ifNoneMatch(noneMatch, etag);
  const since = request.headers.get("if-modified-since");
  return since !== null && mtime !== null &&
    mtime.getTime() < new Date(since).getTime() + 1000;
}

/** One range of RFC 9110 §14.1.2; anything else counts as no range at all. */
function parseRange(value: string | null, size: number): ByteRange | null {
  const match = /^bytes=(\d*)-(\d*)$/.exec(value ?? "");
  if (match === null) return null;
  const [, first, last] = match;
  if (first === "" && last === "") return null;
  if (first === "") return { first: size - Number(last), last: size - 1 };
  return { first: Number(first), last: last === "" ? size - 1 : Number(last) };
}

async function openRange(
  path: string,
  first: number,
  last: number,
): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
  const file = await Deno.open(path);
  await file.seek(first, Deno.SeekMode.Start);
  let left = last - first + 1;
  return file.readable.pipeThrough(
    new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller): void {
        controller.enqueue(chunk.subarray(0, left));
        left -= Math.min(left, chunk.length);
        if (left === 0) controller.terminate();
      },
    }),
  );
}
