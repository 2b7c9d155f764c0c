import type { ErrorKindTraits } from "./error_kind_traits.ts";

/** Failures that the client, or its request, is the cause of. */
export type DownstreamErrorKind =
  | "client_gone"
  | "bad_request"
  | "client_body_broken"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "request_timeout"
  | "body_timeout"
  | "body_too_large"
  | "target_too_long"
  | "expectation_failed"
  | "misdirected"
  | "rate_limited"
  | "head_too_large"
  | "not_implemented"
  | "version_not_supported"
  | "loop_detected";

/** Rows of the table of kinds with source "downstream"; {@linkcode ERROR_KINDS} joins them. */
export const DOWNSTREAM_KINDS: Record<DownstreamErrorKind, ErrorKindTraits> = {
  client_gone: {
    status: 499,
    retry: "no",
    proxyStatus: null,
    title: "The client closed the connection",
    description:
      "The client left before the answer was complete. Only logs and metrics see the status: nobody is there to read it.",
  },
  bad_request: {
    status: 400,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "The request is malformed",
    description:
      "The request line, a field or the framing breaks HTTP. Rejected, never repaired; the connection closes.",
  },
  client_body_broken: {
    status: 400,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "The request body is incomplete",
    description:
      "The client closed its side before the announced body was complete, or sent an invalid chunk.",
  },
  forbidden: {
    status: 403,
    retry: "no",
    proxyStatus: "http_request_denied",
    title: "Access is denied",
    description: "A rule or a filter refused the request.",
  },
  not_found: {
    status: 404,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "Nothing is served at this address",
    description: "No route matches the request.",
  },
  method_not_allowed: {
    status: 405,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "The method is not allowed here",
    description: "The method is not accepted; Allow lists those that are.",
  },
  request_timeout: {
    status: 408,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "The request did not arrive in time",
    description: "The request head was not complete before the timeout.",
  },
  body_timeout: {
    status: 408,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "The request body did not arrive in time",
    description:
      "The request body stood still for longer than the idle timeout, or came slower than the least rate.",
  },
  body_too_large: {
    status: 413,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "The request body is too large",
    description: "The request body exceeds the limit.",
  },
  target_too_long: {
    status: 414,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "The address is too long",
    description: "The request target exceeds the limit.",
  },
  expectation_failed: {
    status: 417,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "The expectation cannot be met",
    description: "Expect holds something other than 100-continue.",
  },
  misdirected: {
    status: 421,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "This server does not answer for that host",
    description:
      "The authority does not belong to the connection it came on, as when HTTP/2 connections are coalesced.",
  },
  rate_limited: {
    status: 429,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "Too many requests",
    description: "A rate limit is used up; Retry-After tells when to come back.",
  },
  head_too_large: {
    status: 431,
    retry: "no",
    proxyStatus: "http_request_error",
    title: "The request header is too large",
    description: "The request head exceeds the limit of bytes or of fields.",
  },
  not_implemented: {
    status: 501,
    retry: "no",
    proxyStatus: "proxy_internal_response",
    title: "The request asks for something that is not supported",
    description:
      "An unknown transfer coding, or a method that this listener does not serve (CONNECT).",
  },
  version_not_supported: {
    status: 505,
    retry: "no",
    proxyStatus: "proxy_internal_response",
    title: "The HTTP version is not supported",
    description: "The request line names a major version other than 1.",
  },
  loop_detected: {
    status: 508,
    retry: "no",
    proxyStatus: "proxy_loop_detected",
    title: "The request runs in a circle",
    description: "Via shows that the request went through this proxy before.",
  },
};
