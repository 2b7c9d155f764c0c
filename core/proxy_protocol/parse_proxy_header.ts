import { fault } from "./_fault.ts";
import { parseV1 } from "./_parse_v1.ts";
import { parseV2 } from "./_parse_v2.ts";
import { V1_MAX_BYTES, V1_START, V2_SIGNATURE } from "./_signature.ts";
import type { ProxyHeader } from "./proxy_header.ts";

/** Options of {@linkcode parseProxyHeader}. */
export interface ParseProxyHeaderOptions {
  /**
   * The most bytes that a header may have; 107 or more. One of version 2 could have 65,551.
   *
   * @default {4096}
   */
  maxBytes?: number;
}

/** What {@linkcode parseProxyHeader} found. */
export interface ParsedProxyHeader {
  /** The header. */
  readonly header: ProxyHeader;
  /** How many bytes it takes; what stands behind them belongs to the protocol above. */
  readonly byteLength: number;
}

/**
 * Reads the header of the PROXY protocol, version 1 or 2, that a connection begins with. It is strict: what
 * is not exactly a header is refused at the first byte that tells so. Only read one where it must be: who
 * looks whether there is one lets every client say who it is (§5).
 *
 * Call it with all bytes that have come, again when there are more; it keeps nothing between the calls.
 *
 * @param bytes what has come from the connection's first byte on; it is not held on to
 * @returns null when more bytes are needed
 * @throws {ProxyError} `bad_request` when it is no header
 * @throws {RangeError} when `maxBytes` is not a whole number from 107 on
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseProxyHeader } from "@pingo/pingo/core";
 *
 * const bytes = new TextEncoder().encode("PROXY TCP4 192.0.2.1 192.0.2.9 4711 443\r\nGET / HTTP/1.1\r\n");
 * assertEquals(parseProxyHeader(bytes.subarray(0, 20)), null);
 * const parsed = parseProxyHeader(bytes);
 * assertEquals(parsed?.header.source, { address: "192.0.2.1", port: 4711 });
 * assertEquals(parsed?.byteLength, 41);
 * ```
 */
export function parseProxyHeader(
  bytes: Uint8Array,
  options: ParseProxyHeaderOptions = {},
): ParsedProxyHeader | null {
  const { maxBytes = 4096 } = options;
  if (!Number.isInteger(maxBytes) || maxBytes < V1_MAX_BYTES) {
    throw new RangeError(
      `Cannot parse a PROXY header: maxBytes ${maxBytes} is not a whole number from 107 on`,
    );
  }
  if (bytes.byteLength === 0) return null;
  const isV2 = bytes[0] === V2_SIGNATURE[0];
  const start = isV2 ? V2_SIGNATURE : V1_START;
  const known = Math.min(bytes.byteLength, start.byteLength);
  for (let at = 0; at < known; at++) {
    if (bytes[at] !== start[at]) throw fault("the bytes are those of another protocol (§2.2)");
  }
  if (known < start.byteLength) return null;
  return isV2 ? parseV2(bytes, maxBytes) : parseV1(bytes);
}
