/** What a client may send, and what has to become of it. */
export interface RequestCase {
  /** The rule: `9112 §3.2`. */
  readonly section: string;
  readonly name: string;
  /** The bytes, as Latin-1. */
  readonly sends: string;
  /**
   * The status of what is refused: nothing of it is seen, nothing behind it is answered, and the
   * connection closes. Without it the request is good, and so is the one behind it.
   */
  readonly status?: number;
  /** What the handler sees: method, target, authority, content, trailers. */
  readonly sees?: readonly string[];
  /** Whether the connection ends behind it, so that the next request is not answered. */
  readonly isLast?: boolean;
  /** Whether the client ends its direction instead of sending another request. */
  readonly ends?: boolean;
  /** What others do where the RFC leaves a choice, or this engine is stricter than it asks for. */
  readonly others?: string;
}

// What compare.ts found of nginx 1.22.1 and HAProxy 2.6.12.
export const BOTH_TAKE = { others: "nginx and HAProxy take it" };
export const BOTH_REFUSE = { others: "nginx and HAProxy refuse it" };
export const NGINX_TAKES = { others: "nginx takes it, HAProxy refuses it" };
export const HAPROXY_TAKES = { others: "HAProxy takes it, nginx refuses it" };

/** A request that is refused. */
export function refused(
  section: string,
  name: string,
  status: number,
  sends: string,
  more: Partial<RequestCase> = {},
): RequestCase {
  return { section, name, sends, status, ...more };
}

/** A request that is taken, and how it is seen. */
export function taken(
  section: string,
  name: string,
  sees: string | readonly string[],
  sends: string,
  more: Partial<RequestCase> = {},
): RequestCase {
  return { section, name, sends, sees: typeof sees === "string" ? [sees] : sees, ...more };
}

/** A GET with these field lines. */
export function get(lines = "", start = "GET / HTTP/1.1"): string {
  return `${start}\r\nHost: a\r\n${lines}\r\n`;
}

/** A POST with these field lines and this content. */
export function post(lines: string, content = ""): string {
  return get(lines, "POST / HTTP/1.1") + content;
}

/** A POST in chunks. */
export function chunked(content: string): string {
  return post("Transfer-Encoding: chunked\r\n", content);
}
