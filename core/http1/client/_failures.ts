import { ProxyError } from "../../../errors/mod.ts";

/** What the system says when the other side has gone. */
const GONE: readonly (new (...args: never[]) => Error)[] = [
  Deno.errors.ConnectionReset,
  Deno.errors.BrokenPipe,
  Deno.errors.ConnectionAborted,
  Deno.errors.NotConnected,
  Deno.errors.TimedOut,
  // TLS that ends without its close_notify.
  Deno.errors.UnexpectedEof,
];

function isGone(cause: unknown): boolean {
  return GONE.some((kind) => cause instanceof kind);
}

/** The connection ended before there was a response head; `hasBytes` when some of the response came. */
export function endedBeforeHead(hasBytes: boolean, cause: unknown): ProxyError {
  if (hasBytes) {
    // The upstream was at work on the request: it is not the race with an idle timeout.
    return new ProxyError(
      "connection_reset",
      "Cannot get a response: the upstream closed the connection in the middle of its head",
      { cause, retry: "no" },
    );
  }
  if (cause === undefined || isGone(cause)) {
    return new ProxyError(
      "connection_reset",
      "Cannot get a response: the upstream closed the connection before it answered",
      { cause },
    );
  }
  if (cause instanceof Deno.errors.InvalidData) {
    // With TLS 1.3 a refused client certificate is told only now. The request may have been read.
    return new ProxyError("tls_failed", "Cannot get a response: TLS to the upstream failed", {
      cause,
      retry: "no",
    });
  }
  return new ProxyError("upstream_write_failed", "Cannot send the request: the connection failed", {
    cause,
  });
}

/** The connection ended in the middle of the content. */
export function brokenContent(cause?: unknown): ProxyError {
  return new ProxyError(
    "upstream_body_broken",
    "Cannot read the response body: the upstream ended it before its end",
    { cause },
  );
}

/** The upstream takes longer than it may. */
export function stalled(isWrite: boolean, isContent: boolean): ProxyError {
  if (isWrite) {
    return new ProxyError(
      "upstream_write_failed",
      "Cannot send the request: the upstream takes no bytes",
    );
  }
  return isContent
    ? new ProxyError("upstream_body_timeout", "Cannot read the response body: nothing comes")
    : new ProxyError("upstream_timeout", "Cannot get a response head: none came in time");
}

/** What came is no response. */
export function badResponse(state: string): ProxyError {
  return new ProxyError("bad_response", `Cannot take the response: ${state}`);
}

/** The connection was closed before anything was sent: another try is safe whatever the request is. */
export function closedBefore(): ProxyError {
  return new ProxyError("connection_reset", "Cannot send the request: the connection is closed", {
    retry: "yes",
  });
}
