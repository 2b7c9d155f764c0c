import type { ErrorKindTraits } from "./error_kind_traits.ts";

/** Failures of the proxy itself: its limits, its time, its defects. */
export type InternalErrorKind =
  | "overloaded"
  | "server_stopping"
  | "deadline_exceeded"
  | "filter_failed"
  | "internal";

/** Rows of the table of kinds with source "internal"; {@linkcode ERROR_KINDS} joins them. */
export const INTERNAL_KINDS: Record<InternalErrorKind, ErrorKindTraits> = {
  overloaded: {
    status: 503,
    retry: "no",
    proxyStatus: "proxy_internal_response",
    title: "The server is overloaded",
    description:
      "A limit of concurrency, memory or queue length is reached: the request was shed before any work.",
  },
  server_stopping: {
    status: 503,
    retry: "no",
    proxyStatus: "proxy_internal_response",
    title: "The server is restarting",
    description: "The request was open, or came, when the graceful stop ran out of time.",
  },
  deadline_exceeded: {
    status: 504,
    retry: "no",
    proxyStatus: "http_response_timeout",
    title: "The answer took too long",
    description: "The time for the whole request, all attempts included, is used up.",
  },
  filter_failed: {
    status: 500,
    retry: "no",
    proxyStatus: "proxy_internal_error",
    title: "The server failed to process the request",
    description: "A user's filter or hook threw something that is not a ProxyError.",
  },
  internal: {
    status: 500,
    retry: "no",
    proxyStatus: "proxy_internal_error",
    title: "The server failed to process the request",
    description: "A defect of the proxy or of its configuration. The log has the cause.",
  },
};
