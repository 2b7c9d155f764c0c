import type { AttemptOutcome } from "../../core/mod.ts";
import type { ErrorKind } from "../../errors/mod.ts";

/**
 * What an attempt says about the backend. `server_error` and `gateway_error` (502, 503, 504, or what is no
 * HTTP) are the backend's own; `local_failure` was seen from this side: no connection, a reset, a timeout;
 * `ignored` says nothing, because client or proxy gave up.
 */
export type OutcomeClass =
  | "success"
  | "server_error"
  | "gateway_error"
  | "local_failure"
  | "ignored";

/** Failures of the way to the backend, which it may know nothing of. */
const LOCAL: ReadonlySet<ErrorKind> = new Set<ErrorKind>([
  "dns_failed",
  "connect_refused",
  "connect_timeout",
  "connect_failed",
  "tls_failed",
  "tls_certificate_invalid",
  "connection_reset",
  "upstream_timeout",
  "upstream_body_timeout",
  "upstream_write_failed",
  "upstream_body_broken",
]);

/**
 * What the end of an attempt says about the backend that it went to, as Envoy's outlier detection tells it.
 *
 * A failure that is not the backend's, such as a client that left, leaves the status to decide where there
 * is one. The deadline of the whole request counts against the backend that it was waiting for. What ends without
 * an error and without a status, as a stream that is no HTTP does, is a success.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { classifyOutcome } from "@pingo/pingo/loadbalancing";
 * import { ProxyError } from "@pingo/pingo/errors";
 *
 * const durationMs = 3;
 * assertEquals(classifyOutcome({ status: 404, error: null, durationMs }), "success");
 * assertEquals(classifyOutcome({ status: 503, error: null, durationMs }), "gateway_error");
 * const error = new ProxyError("connect_refused");
 * assertEquals(classifyOutcome({ status: null, error, durationMs }), "local_failure");
 * ```
 */
export function classifyOutcome({ status, error }: AttemptOutcome): OutcomeClass {
  if (error !== null) {
    const { kind } = error;
    if (LOCAL.has(kind)) return "local_failure";
    if (kind === "bad_response" || kind === "upstream_too_large_head") return "gateway_error";
    if (status === null) return kind === "deadline_exceeded" ? "local_failure" : "ignored";
  }
  if (status === null || status < 500) return "success";
  return status >= 502 && status <= 504 ? "gateway_error" : "server_error";
}
