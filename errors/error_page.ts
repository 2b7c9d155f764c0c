import { pageForm } from "./_accept.ts";
import { ERROR_KINDS } from "./error_kind.ts";
import type { ProxyError } from "./proxy_error.ts";
import { proxyStatus } from "./proxy_status.ts";
import { CONTENT_TYPES, type PageContent, RENDERERS } from "./_render_page.ts";
import { statusText } from "./_status_text.ts";

/** Options of {@linkcode errorPage}. */
export interface ErrorPageOptions {
  /**
   * The request's `Accept`; it chooses between text, problem+json and HTML.
   * @default {null}
   */
  accept?: string | null;
  /** Id of the request, shown so that a user can quote it. */
  requestId?: string;
  /**
   * Name of this proxy in `Proxy-Status`.
   * @default {"pinGo"}
   */
  proxyName?: string;
  /**
   * Whether the page shows what logs tell: message, context and causes. For
   * development only, since it holds addresses.
   * @default {false}
   */
  showDetail?: boolean;
}

/** An answer to a client that tells of an error. */
export interface ErrorPage {
  /** HTTP status. */
  readonly status: number;
  /** Fields of the answer, names in lower case but for the error's own. */
  readonly headers: [name: string, value: string][];
  /** Text of the page. It is left out of an answer to HEAD. */
  readonly body: string;
}

/** Fields that the page decides; an error cannot replace them. */
const OWN_FIELDS: ReadonlySet<string> = new Set([
  "cache-control",
  "content-length",
  "content-security-policy",
  "content-type",
  "proxy-status",
  "transfer-encoding",
  "x-content-type-options",
]);

/**
 * The answer to a client whose request failed: problem+json (RFC 9457), HTML
 * or text as `Accept` prefers, text where it has no preference (curl). It holds
 * the status, the harmless title of the kind and the request id, and nothing
 * of the message, the context or the causes.
 *
 * @example
 * ```ts
 * import { errorPage, ProxyError } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * const error = new ProxyError("connect_refused", "Cannot connect to 10.0.0.7");
 * const page = errorPage(error, { accept: "application/json" });
 *
 * assertEquals(page.status, 502);
 * assertEquals(JSON.parse(page.body), {
 *   type: "about:blank",
 *   title: "Bad Gateway",
 *   status: 502,
 *   detail: "The upstream server refused the connection",
 * });
 * ```
 */
export function errorPage(
  error: ProxyError,
  options: ErrorPageOptions = {},
): ErrorPage {
  const { accept = null, requestId, showDetail = false } = options;
  const form = pageForm(accept);
  const content: PageContent = {
    status: error.status,
    phrase: statusText(error.status),
    title: ERROR_KINDS[error.kind].title,
    requestId,
    detail: showDetail ? error.describe() : undefined,
  };
  const headers: [string, string][] = [
    ["content-type", CONTENT_TYPES[form]],
    ["cache-control", "no-store"],
    ["x-content-type-options", "nosniff"],
  ];
  if (form === "html") {
    headers.push(["content-security-policy", "default-src 'none'"]);
  }
  const status = proxyStatus(error, options);
  if (status !== null) headers.push(["proxy-status", status]);
  for (const [name, value] of error.headers) {
    if (!OWN_FIELDS.has(name.toLowerCase())) headers.push([name, value]);
  }
  return { status: error.status, headers, body: RENDERERS[form](content) };
}
