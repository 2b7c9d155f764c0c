import type { Body } from "./body.ts";
import { bodyFrom, type BodySource } from "./body_sources.ts";
import { type ResponseHead, responseHead } from "./head.ts";
import { HeaderList } from "./header_list.ts";
import type { HeaderMapInit } from "./header_map.ts";
import type { Tunnel } from "./tunnel.ts";

/** A response: a head and what follows it. */
export interface Reply extends ResponseHead {
  /** The content; null when there is none. */
  body: Body | null;
  /**
   * The connection itself, behind a 101 or a successful CONNECT: bytes in both directions, no more HTTP.
   */
  tunnel?: Tunnel;
  /**
   * Called by the engine when the exchange has ended: the buffer under the head may be used again. A
   * head of a transport is valid until then; who keeps more of it copies it.
   */
  release?: () => void;
}

/** Options of {@linkcode reply}. */
export interface ReplyOptions {
  /** Header fields. */
  headers?: HeaderMapInit;
  /** The reason phrase. */
  reason?: string;
}

/**
 * Makes a reply.
 *
 * @throws {RangeError} when the status is not from 100 to 599
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { reply } from "@pingo/pingo/core";
 *
 * const teapot = reply(418, "short and stout", { headers: { "content-type": "text/plain" } });
 * assertEquals(teapot.body?.length, 15);
 * ```
 */
export function reply(
  status: number,
  body: BodySource | Body | null = null,
  options: ReplyOptions = {},
): Reply {
  const { headers, reason = "" } = options;
  const head = responseHead(status, headers, { reason });
  return {
    ...head,
    body: body === null ? null : isBody(body) ? body : bodyFrom(body),
  };
}

function isBody(source: BodySource | Body): source is Body {
  return typeof source === "object" && "read" in source && "cancel" in source &&
    !(source instanceof ReadableStream);
}

/**
 * A web `Response` as a reply. What a handler returns may be either.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readText, toReply } from "@pingo/pingo/core";
 *
 * const made = toReply(new Response("hi", { status: 201 }));
 * assertEquals(made.status, 201);
 * assertEquals(made.body && await readText(made.body), "hi");
 * ```
 */
export function toReply(response: Reply | Response): Reply {
  if (!(response instanceof Response)) return response;
  const length = response.headers.get("content-length");
  const known = length !== null && /^\d{1,15}$/.test(length) ? Number(length) : undefined;
  return {
    status: response.status,
    reason: response.statusText,
    headers: HeaderList.fromTrusted(response.headers),
    body: response.body === null ? null : bodyFrom(response.body, { length: known }),
  };
}

/**
 * Gives up what follows the head of a reply that nobody will send: its content, or its tunnel.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { giveUpReply, reply } from "@pingo/pingo/core";
 *
 * const unwanted = reply(200, "never sent");
 * giveUpReply(unwanted, new Error("the client has left"));
 * assertEquals(await unwanted.body?.read(), null);
 * ```
 */
export function giveUpReply(reply: Reply, reason?: unknown): void {
  reply.body?.cancel(reason);
  reply.tunnel?.close();
}
