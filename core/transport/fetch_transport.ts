import { ProxyError } from "../../errors/mod.ts";
import { TimerWheel } from "../../timeout/mod.ts";
import type { Body, Peer, Reply, RequestHead } from "../http/mod.ts";
import { HeaderList, isIdempotent, readAll, toReadableStream } from "../http/mod.ts";
import { fetchFailure } from "./_fetch_failure.ts";
import { FetchBody } from "./_fetch_body.ts";
import { HttpClients } from "./_http_clients.ts";
import { TrackedUpload } from "./_tracked_upload.ts";
import type { Transport, TransportOptions } from "./transport.ts";

/** Options of {@linkcode fetchTransport}. */
export interface FetchTransportOptions {
  /**
   * Idle connections that are kept for each peer.
   *
   * @default {32}
   */
  maxIdlePerPeer?: number;
  /**
   * How long an idle connection is kept.
   *
   * @default {30000}
   */
  idleTimeoutMs?: number;
  /** Runs the timeouts; one wheel may serve a whole program. */
  wheel?: TimerWheel;
}

/** Uploads up to this length are read before they are sent: `fetch` drops the length of a stream. */
const MAX_BUFFERED_UPLOAD = 65_536;
/** What `fetch` sets itself, or what the engines on both sides have dealt with. */
const NOT_SENT: ReadonlySet<string> = new Set([
  "accept-encoding",
  "connection",
  "expect",
  "keep-alive",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * The transport over the platform's `fetch`: portable, and a good deal dearer and less exact than an
 * own connection. What it loses, measured on Deno 2.9:
 *
 * - the path is rewritten as URLs are (`/a/../b`, quotes, `^`, bytes above 0x7F percent-encoded), `OPTIONS *` and TRACE cannot be sent,
 *   nor a GET with content, nor to the ports that the fetch standard blocks;
 * - an upload of a known length is sent chunked when it is longer than 64 KiB; a shorter one is read
 *   as a whole first, and keeps its length;
 * - no trailers, no interim responses, no look at the connection: `observer.connected` is called when the
 *   head is there, and `connectTimeoutMs` has no meaning of its own (`headTimeoutMs` spans both);
 * - a request without `Accept`, `Accept-Language` or `User-Agent` gets one with the same meaning
 *   (`*` and an empty one).
 *
 * What is kept nevertheless: bodies arrive encoded as the upstream sent them; Host is sent as it
 * stands; methods that are not idempotent go over a connection of their own, because `fetch` sends a
 * request again, silently, when a pooled connection turns out dead.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CancelSource, fetchTransport, peer, readText, requestHead } from "@pingo/pingo/core";
 *
 * await using server = Deno.serve({ port: 0, onListen() {} }, (request) => {
 *   return new Response(request.headers.get("host"));
 * });
 * await using transport = fetchTransport();
 * const reply = await transport.exchange(requestHead({ authority: "example.com" }), null, {
 *   peer: peer(`127.0.0.1:${server.addr.port}`),
 *   cancel: new CancelSource(),
 * });
 * assertEquals(reply.body && await readText(reply.body), "example.com");
 * ```
 */
export function fetchTransport(options: FetchTransportOptions = {}): Transport {
  return new FetchTransport(options);
}

class FetchTransport implements Transport {
  readonly #clients: HttpClients;
  readonly #wheel: TimerWheel;
  readonly #ownsWheel: boolean;

  constructor(options: FetchTransportOptions) {
    const { maxIdlePerPeer = 32, idleTimeoutMs = 30_000 } = options;
    this.#clients = new HttpClients({ maxIdlePerPeer, idleTimeoutMs });
    this.#wheel = options.wheel ?? new TimerWheel();
    this.#ownsWheel = options.wheel === undefined;
  }

  async exchange(head: RequestHead, body: Body | null, options: TransportOptions): Promise<Reply> {
    const { peer, cancel, headTimeoutMs, bodyTimeoutMs } = options;
    if (cancel.cancelled) {
      body?.cancel(cancel.reason);
      throw ProxyError.from(cancel.reason);
    }
    if (peer.proxyProtocol !== undefined) {
      body?.cancel();
      throw new ProxyError("internal", "Cannot send a PROXY header: fetch has no way to");
    }
    const upload = body === null ? null : new TrackedUpload(body);
    const controller = new AbortController();
    const abort = (reason: unknown) => controller.abort(reason);
    const forget = cancel.onCancel(abort);
    const timer = headTimeoutMs === undefined ? null : this.#wheel.timer(() => {
      abort(
        new ProxyError(
          "upstream_timeout",
          `Cannot get a response head: none came within ${headTimeoutMs} ms`,
        ),
      );
    });
    timer?.arm(headTimeoutMs ?? 0);
    try {
      const response = await fetch(urlOf(head, peer), {
        method: head.method,
        headers: headersOf(head),
        body: upload && await sourceOf(head, upload),
        redirect: "manual",
        signal: controller.signal,
        client: this.#clients.get(peer, isIdempotent(head.method)),
      });
      options.observer?.connected?.({});
      return toReply(head, response, { abort, forget, bodyTimeoutMs, wheel: this.#wheel });
    } catch (error) {
      forget();
      upload?.cancel(error);
      throw upload?.failure ?? fetchFailure(error, controller.signal);
    } finally {
      timer?.disarm();
    }
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#clients.close();
    if (this.#ownsWheel) this.#wheel[Symbol.dispose]();
    return Promise.resolve();
  }
}

function urlOf(head: RequestHead, peer: Peer): string {
  // The characters stand for bytes, which a URL would encode as UTF-8 once more.
  const target = head.target.replace(
    /[\x80-\xff]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  // Over a unix socket fetch sends the absolute form, whose host replaces the Host field.
  if (peer.transport === "unix") return `http://${head.authority || "localhost"}${target}`;
  const host = peer.hostname.includes(":") ? `[${peer.hostname}]` : peer.hostname;
  return `${peer.scheme}://${host}:${peer.port}${target}`;
}

function headersOf(head: RequestHead): [string, string][] {
  // `fetch` decodes bodies and leaves their fields untrue, except when the first Accept-Encoding is
  // exactly this. "identity" besides the client's own list changes nothing about what it accepts.
  const lines: [string, string][] = [["accept-encoding", "identity"]];
  let hasUserAgent = false;
  for (const line of head.headers) {
    const name = line[0].toLowerCase();
    if (name === "accept-encoding") lines.push(line);
    if (NOT_SENT.has(name)) continue;
    if (name === "user-agent") hasUserAgent = true;
    lines.push(line);
  }
  if (!hasUserAgent) lines.push(["user-agent", ""]);
  return lines;
}

async function sourceOf(head: RequestHead, upload: TrackedUpload): Promise<BodyInit> {
  if (head.method === "GET" || head.method === "HEAD") {
    throw new ProxyError(
      "not_implemented",
      `Cannot send a ${head.method} with content: fetch does not allow it`,
    );
  }
  const isShort = upload.length !== undefined && upload.length <= MAX_BUFFERED_UPLOAD;
  const bytes = upload.takeBytes() ?? (isShort ? await readAll(upload) : null);
  // Bytes in shared memory do not come from fetch, Deno.serve or a socket.
  return bytes === null ? toReadableStream(upload) : bytes as Uint8Array<ArrayBuffer>;
}

interface ReplyParts {
  abort: (reason: unknown) => void;
  forget: () => void;
  bodyTimeoutMs: number | undefined;
  wheel: TimerWheel;
}

function toReply(head: RequestHead, response: Response, parts: ReplyParts): Reply {
  const headers = HeaderList.fromTrusted(response.headers);
  const reply = { status: response.status, reason: response.statusText, headers };
  if (response.body === null) {
    parts.forget();
    return { ...reply, body: null };
  }
  const length = head.method === "HEAD" ? null : headers.get("content-length");
  const known = length === null || !/^\d{1,15}$/.test(length) ? undefined : Number(length);
  return { ...reply, body: new FetchBody(response.body, { ...parts, length: known }) };
}
