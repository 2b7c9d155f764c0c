/**
 * Where a failure comes from: the `upstream` server or the way to it, the
 * client side (`downstream`), or the proxy itself (`internal`).
 */
export type ErrorSource = "upstream" | "downstream" | "internal";

/**
 * Whether another attempt may be made.
 *
 * - `yes`: nothing of the request was written, so any method is safe;
 * - `if-reused`: safe when the connection was a reused one, the method is
 *   idempotent and the body can be sent again;
 * - `no`: never.
 */
export type RetryDecision = "yes" | "no" | "if-reused";

/** What a table of kinds says about one kind of failure. */
export interface ErrorKindTraits {
  /** HTTP status of the answer (499 is only ever logged). */
  readonly status: number;
  /** Whether another attempt may be made. */
  readonly retry: RetryDecision;
  /** RFC 9209 §2.3 proxy error type, `null` where no answer is sent. */
  readonly proxyStatus: string | null;
  /** Public sentence for the error page: it tells nothing internal. */
  readonly title: string;
  /** What happened and why, for operators (docs/errors.md). */
  readonly description: string;
}

/** One row of {@linkcode ERROR_KINDS}. */
export interface ErrorKindRow extends ErrorKindTraits {
  /** Where the failure comes from. */
  readonly source: ErrorSource;
  /** Metric label, snake_case; the name of the kind. */
  readonly label: string;
}
