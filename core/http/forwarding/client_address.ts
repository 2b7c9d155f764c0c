import { ProxyError } from "../../../errors/mod.ts";
import { unmapAddress } from "../client.ts";
import { trimFieldValue } from "../field_syntax.ts";
import type { Scheme } from "../head.ts";
import type { HeaderMap } from "../header_map.ts";
import { isAuthority } from "../request_from_web.ts";
import { parseForwarded } from "./forwarded.ts";
import { nodeAddress } from "./_node_address.ts";
import type { TrustedProxies } from "./trusted_proxies.ts";

/** Options of {@linkcode clientAddress}. */
export interface ClientAddressOptions {
  /** Whose word is believed. */
  trusted: TrustedProxies;
  /**
   * Which fields the proxies in front write. Never both: what one of them does not write, a client can.
   *
   * @default {"x-forwarded"}
   */
  believe?: "x-forwarded" | "forwarded";
}

/** Who asks, as far as it can be believed. */
export interface ClientAddress {
  /**
   * The address; empty when a trusted proxy does not say one (`unknown`, an obfuscated identifier), or
   * when the client came over a unix socket.
   */
  readonly address: string;
  /** The scheme that the client used, null when no trusted proxy says it: then it is the connection's. */
  readonly scheme: Scheme | null;
  /** The Host that the client asked for, null when no trusted proxy says it: then it is the request's. */
  readonly host: string | null;
}

/**
 * Finds the client behind the trusted proxies. The chain is walked from its end, which the nearest proxy
 * has written: the first address that is not trusted is the client's, because whatever stands further
 * left came from there. When all are trusted it is the first one of the chain.
 *
 * @param connectionAddress the near end of the connection, as `Client.address` has it
 * @throws {ProxyError} `bad_request` when a trusted proxy sends a `Forwarded` that cannot be parsed, so
 * that nobody hides behind its address
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { clientAddress, HeaderList, TrustedProxies } from "@pingo/pingo/core";
 *
 * const trusted = new TrustedProxies(["10.0.0.0/8"]);
 * const headers = new HeaderList({
 *   "x-forwarded-for": "198.51.100.99, 203.0.113.7, 10.0.0.2",
 *   "x-forwarded-proto": "https",
 * });
 * assertEquals(clientAddress(headers, "10.0.0.1", { trusted }), {
 *   address: "203.0.113.7",
 *   scheme: "https",
 *   host: null,
 * });
 * assertEquals(clientAddress(headers, "192.0.2.1", { trusted }).address, "192.0.2.1");
 * ```
 */
export function clientAddress(
  headers: HeaderMap,
  connectionAddress: string,
  options: ClientAddressOptions,
): ClientAddress {
  const { trusted, believe = "x-forwarded" } = options;
  if (!trusted.isTrusted(connectionAddress)) {
    return { address: unmapAddress(connectionAddress), scheme: null, host: null };
  }
  return believe === "forwarded"
    ? fromForwarded(headers, connectionAddress, trusted)
    : fromXForwarded(headers, connectionAddress, trusted);
}

/** The place in a chain where the client stands, and its address. */
function walk(
  chain: readonly string[],
  connectionAddress: string,
  trusted: TrustedProxies,
): { at: number; address: string } {
  let address = unmapAddress(connectionAddress);
  let at = chain.length;
  while (at > 0 && (at === chain.length || trusted.isTrusted(address))) {
    at--;
    const next = nodeAddress(chain[at]);
    // The proxy says that it does not know, or what it says is no address: nobody knows.
    if (next === null) return { at, address: "" };
    address = next;
  }
  return { at, address };
}

function fromXForwarded(
  headers: HeaderMap,
  connectionAddress: string,
  trusted: TrustedProxies,
): ClientAddress {
  const chain = membersOf(headers, "x-forwarded-for");
  const { at, address } = walk(chain, connectionAddress, trusted);
  const pick = (name: string): string | null => {
    const members = membersOf(headers, name);
    // One member for each hop: that of the client's. Else only the nearest proxy's word is certain.
    const index = members.length === chain.length ? at : members.length - 1;
    return members[index] ?? null;
  };
  return {
    address,
    scheme: schemeOf(pick("x-forwarded-proto")),
    host: hostOf(pick("x-forwarded-host")),
  };
}

function fromForwarded(
  headers: HeaderMap,
  connectionAddress: string,
  trusted: TrustedProxies,
): ClientAddress {
  const hops = parseForwarded(headers.get("forwarded") ?? "");
  if (hops === null) {
    throw new ProxyError(
      "bad_request",
      "Cannot find the client: Forwarded is malformed (RFC 7239 §4)",
    );
  }
  const chain = hops.map((hop) => hop.for ?? "unknown");
  const { at, address } = walk(chain, connectionAddress, trusted);
  const hop = hops[at];
  return {
    address,
    scheme: schemeOf(hop?.proto ?? null),
    host: hostOf(hop?.host ?? null),
  };
}

function membersOf(headers: HeaderMap, name: string): string[] {
  const value = headers.get(name);
  if (value === null || value === "") return [];
  return value.split(",").map(trimFieldValue);
}

/** The `wss` and `ws` that some proxies write for a WebSocket mean the same two. */
function schemeOf(text: string | null): Scheme | null {
  const scheme = text?.toLowerCase();
  if (scheme === "https" || scheme === "wss") return "https";
  return scheme === "http" || scheme === "ws" ? "http" : null;
}

function hostOf(text: string | null): string | null {
  return text !== null && isAuthority(text) ? text : null;
}
