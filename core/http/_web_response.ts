import { ProxyError } from "../../errors/mod.ts";
import { isFieldValue } from "./field_syntax.ts";
import { hasNoContent } from "./has_no_content.ts";
import type { Reply } from "./reply.ts";

/**
 * Refuses a reply that `new Response` would refuse.
 *
 * @throws {RangeError} when the status is interim or no status
 * @throws {TypeError} when the reason phrase has a control character
 */
export function checkExpressible({ status, reason }: Reply): void {
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new RangeError(`Cannot send the reply: the status ${status} is not from 200 to 599`);
  }
  if (!isFieldValue(reason)) {
    throw new TypeError("Cannot send the reply: the reason phrase holds a control character");
  }
}

/** Deno ends content that is too short with a cut, but takes what is too long for the whole (measured). */
export function checkLength(sent: number, chunk: Uint8Array | null, declared: number): void {
  const total = sent + (chunk?.byteLength ?? 0);
  if (chunk === null ? total === declared : total <= declared) return;
  throw new ProxyError(
    "upstream_body_broken",
    `Cannot send a response body: ${total} bytes came, Content-Length says ${declared}`,
  );
}

/** The fields of a reply; what they say of the length is made true (RFC 9110 §8.6). */
export function webHeaders(reply: Reply, method: string): Headers {
  const headers = new Headers();
  for (const [name, value] of reply.headers) headers.append(name, value);
  // The engine below frames the message itself.
  headers.delete("transfer-encoding");
  if (method === "HEAD" || reply.status === 304) {
    // What a GET would have said (RFC 9110 §8.6).
    if (reply.body?.length !== undefined && !headers.has("content-length")) {
      headers.set("content-length", String(reply.body.length));
    }
  } else if (reply.status === 204 || reply.body === null) {
    headers.delete("content-length");
  } else if (reply.body.length !== undefined) {
    // A length that a filter forgot to change is not true any more.
    headers.set("content-length", String(reply.body.length));
  }
  return headers;
}

/** How much content the fields promise; -1 when they do not say. */
export function declaredLength(headers: Headers): number {
  const length = headers.get("content-length");
  return length === null ? -1 : Number(length);
}

/** A HEAD whose length nobody knows must not say that it is 0, which Deno does for no body (measured). */
export function emptySource(method: string, reply: Reply, headers: Headers): BodyInit | null {
  if (method !== "HEAD" || headers.has("content-length")) return null;
  if (hasNoContent("GET", reply.status)) return null;
  return new ReadableStream({ start: (controller) => controller.close() });
}
