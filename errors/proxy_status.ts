import { ERROR_KINDS } from "./error_kind.ts";
import type { ProxyError } from "./proxy_error.ts";

/** Options of {@linkcode proxyStatus}. */
export interface ProxyStatusOptions {
  /**
   * Name of this proxy in the field.
   * @default {"pinGo"}
   */
  proxyName?: string;
  /**
   * Whether the field tells operators, in `details`, what logs tell. It holds
   * addresses and causes: only for a trusted network.
   * @default {false}
   */
  showDetail?: boolean;
}

/**
 * Value of the `Proxy-Status` field (RFC 9209) for an error, `null` for a kind
 * that is never answered. Next hop and received status are left out, since
 * they tell about the inside of the network (RFC 9209 §4).
 *
 * @example
 * ```ts
 * import { ProxyError, proxyStatus } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(
 *   proxyStatus(new ProxyError("connect_timeout"), { proxyName: "edge 1" }),
 *   '"edge 1"; error=connection_timeout',
 * );
 * ```
 */
export function proxyStatus(
  error: ProxyError,
  options: ProxyStatusOptions = {},
): string | null {
  const { proxyName = "pinGo", showDetail = false } = options;
  const type = ERROR_KINDS[error.kind].proxyStatus;
  if (type === null) return null;
  const name = TOKEN.test(proxyName) ? proxyName : serializeString(proxyName);
  const value = `${name}; error=${type}`;
  if (!showDetail) return value;
  return `${value}; details=${serializeString(error.describe().slice(0, MAX_DETAILS))}`;
}

/** Keeps the field far below the usual limits of a head. */
const MAX_DETAILS = 512;

// RFC 9651 §3.3.4.
const TOKEN = /^[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*$/;

/** RFC 9651 §4.1.6; what a string cannot hold becomes a question mark. */
function serializeString(text: string): string {
  const ascii = text.replace(/[^\x20-\x7e]/gu, "?");
  return `"${ascii.replace(/["\\]/g, "\\$&")}"`;
}
