import type { ErrorKindTraits } from "./error_kind_traits.ts";

/** Failures between the proxy and the upstream. */
export type UpstreamErrorKind =
  | "dns_failed"
  | "connect_refused"
  | "connect_timeout"
  | "connect_failed"
  | "tls_failed"
  | "tls_certificate_invalid"
  | "connection_reset"
  | "upstream_timeout"
  | "upstream_body_timeout"
  | "upstream_write_failed"
  | "bad_response"
  | "upstream_body_broken"
  | "upstream_too_large_head"
  | "upgrade_refused"
  | "no_upstream"
  | "circuit_open"
  | "pool_timeout";

/** Rows of the table of kinds with source "upstream"; {@linkcode ERROR_KINDS} joins them. */
export const UPSTREAM_KINDS: Record<UpstreamErrorKind, ErrorKindTraits> = {
  dns_failed: {
    status: 502,
    retry: "yes",
    proxyStatus: "dns_error",
    title: "The name of the upstream server could not be resolved",
    description: "The DNS lookup of the upstream's name failed or gave no address.",
  },
  connect_refused: {
    status: 502,
    retry: "yes",
    proxyStatus: "connection_refused",
    title: "The upstream server refused the connection",
    description:
      "The upstream host answered the connection attempt with a refusal: nothing listens on the port.",
  },
  connect_timeout: {
    status: 504,
    retry: "yes",
    proxyStatus: "connection_timeout",
    title: "The upstream server did not accept a connection in time",
    description: "No connection (TCP and, where used, TLS) stood before the connect timeout.",
  },
  connect_failed: {
    status: 502,
    retry: "yes",
    proxyStatus: "destination_unavailable",
    title: "The upstream server could not be reached",
    description:
      "Connecting failed in another way: no route, socket file missing, no free local port.",
  },
  tls_failed: {
    status: 502,
    retry: "yes",
    proxyStatus: "tls_protocol_error",
    title: "No secure connection to the upstream server could be made",
    description:
      "The TLS handshake with the upstream failed: protocol version, cipher, ALPN or alert.",
  },
  tls_certificate_invalid: {
    status: 502,
    retry: "yes",
    proxyStatus: "tls_certificate_error",
    title: "The identity of the upstream server could not be verified",
    description: "The upstream's certificate is not trusted, expired, or made out to another name.",
  },
  connection_reset: {
    status: 502,
    retry: "if-reused",
    proxyStatus: "connection_terminated",
    title: "The upstream server closed the connection before it answered",
    description:
      "The upstream closed or reset the connection before a response head. On a reused connection that is the usual race with its idle timeout.",
  },
  upstream_timeout: {
    status: 504,
    retry: "no",
    proxyStatus: "http_response_timeout",
    title: "The upstream server did not answer in time",
    description:
      "The request was sent, but no response head came before the timeout. It may have been processed: not retried, unless `retry.failures` of the proxy names it.",
  },
  upstream_body_timeout: {
    status: 504,
    retry: "no",
    proxyStatus: "connection_read_timeout",
    title: "The upstream server stopped sending its answer",
    description:
      "The response body stood still for longer than the idle timeout. Mostly seen after the head went down; the client is then cut.",
  },
  upstream_write_failed: {
    status: 502,
    retry: "if-reused",
    proxyStatus: "connection_terminated",
    title: "The request could not be sent to the upstream server",
    description: "Writing the request failed or stalled before a response head arrived.",
  },
  bad_response: {
    status: 502,
    retry: "no",
    proxyStatus: "http_protocol_error",
    title: "The upstream server sent an invalid answer",
    description: "The response head, its framing or a chunk breaks HTTP. Rejected, never repaired.",
  },
  upstream_body_broken: {
    status: 502,
    retry: "no",
    proxyStatus: "http_response_incomplete",
    title: "The answer of the upstream server broke off",
    description:
      "The upstream closed the connection before the body was complete. The client is cut too, so that it does not take a part for the whole.",
  },
  upstream_too_large_head: {
    status: 502,
    retry: "no",
    proxyStatus: "http_response_header_section_size",
    title: "The header of the upstream server's answer is too large",
    description: "The response head exceeds the limit of bytes or of fields.",
  },
  upgrade_refused: {
    status: 502,
    retry: "no",
    proxyStatus: "http_upgrade_failed",
    title: "The upstream server did not switch protocols",
    description:
      "A tunnel or WebSocket was asked for and the upstream did not agree to it in a valid way.",
  },
  no_upstream: {
    status: 503,
    retry: "no",
    proxyStatus: "destination_unavailable",
    title: "No upstream server is available",
    description: "No backend is healthy, enabled and not yet tried.",
  },
  circuit_open: {
    status: 503,
    retry: "yes",
    proxyStatus: "destination_unavailable",
    title: "The upstream server is taking a pause after errors",
    description:
      "The circuit breaker of the peer is open: nothing was sent, another peer may be tried.",
  },
  pool_timeout: {
    status: 503,
    retry: "yes",
    proxyStatus: "connection_limit_reached",
    title: "No connection to the upstream server became free in time",
    description:
      "The limit of connections to the peer is reached and none became free before the timeout.",
  },
};
