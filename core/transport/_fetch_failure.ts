import { type ErrorKind, ProxyError } from "../../errors/mod.ts";

/**
 * `fetch` has one error type for everything; what happened stands in the text alone. Only this table
 * looks at it, and only for the kind: whether a request may be sent again follows from the kind.
 */
const KINDS: readonly (readonly [text: RegExp, kind: ErrorKind])[] = [
  [/\(Connect\).*dns error/, "dns_failed"],
  [/\(Connect\).*(?:Connection refused|os error 111)/, "connect_refused"],
  [/\(Connect\).*(?:timed out|os error 110)/, "connect_timeout"],
  [/\(Connect\).*invalid peer certificate/, "tls_certificate_invalid"],
  [/\(Connect\).*(?:received (?:corrupt|fatal|unexpected)|tls|handshake)/i, "tls_failed"],
  [/\(Connect\)|are blocked/, "connect_failed"],
  [
    /connection closed before|reset by peer|os error 104|Broken pipe|os error 32/,
    "connection_reset",
  ],
  [/Method is forbidden/, "not_implemented"],
  [/invalid HTTP|parse|message head|incomplete message/i, "bad_response"],
];

/** The `ProxyError` for what `fetch` rejected with. */
export function fetchFailure(error: unknown, signal: AbortSignal): ProxyError {
  if (signal.aborted) return ProxyError.from(signal.reason);
  if (error instanceof ProxyError) return error;
  const text = error instanceof Error ? `${error.message} ${String(error.cause ?? "")}` : "";
  const kind = KINDS.find(([pattern]) => pattern.test(text))?.[1] ?? "bad_response";
  return new ProxyError(kind, "Cannot fetch from the upstream: the request failed", {
    cause: error,
  });
}
