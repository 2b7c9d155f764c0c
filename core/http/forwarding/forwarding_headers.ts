import type { Client } from "../client.ts";
import type { Scheme } from "../head.ts";
import type { HeaderMap } from "../header_map.ts";
import { type ClientAddress, clientAddress } from "./client_address.ts";
import { formatForwarded, type ForwardedHop } from "./forwarded.ts";
import { TrustedProxies } from "./trusted_proxies.ts";

/** Which fields tell the upstream where a request came from; `none` tells it nothing. */
export type ForwardedFields = "x-forwarded" | "forwarded" | "both" | "none";

/** Options of {@linkcode forwardingHeaders}. */
export interface ForwardingHeadersOptions {
  /** Who sent the request. */
  client: Client;
  /** The Host that was asked for, before any rewriting; empty when there was none. */
  host: string;
  /**
   * Whose fields are kept and continued.
   *
   * @default nobody's
   */
  trusted?: TrustedProxies;
  /**
   * Which fields are written.
   *
   * @default {"x-forwarded"}
   */
  fields?: ForwardedFields;
  /**
   * Writes `X-Forwarded-Port` too: the port in the Host, else that of the scheme.
   *
   * @default {false}
   */
  withPort?: boolean;
}

const NOBODY = new TrustedProxies([]);

/**
 * Tells the upstream where a request came from, and keeps clients from telling it lies.
 *
 * From a peer that is not trusted, every `X-Forwarded-*`, `X-Real-IP` and `Forwarded` is dropped,
 * whatever `fields` says: upstreams believe what comes from a proxy. Then those asked for are written
 * anew. From a trusted one they are kept and this hop is added: `X-Forwarded-For` and `Forwarded`
 * (RFC 7239 §4) grow by the peer's address; `X-Forwarded-Proto`, `-Host` and `-Port` stay, because they
 * tell of the client and not of the hop. Where the peer wrote only the kind that is not asked for, what
 * is certain in it is carried over (RFC 7239 §7.4).
 *
 * A client on a unix socket is `unix:` in `X-Forwarded-For`, as nginx writes it, and `for=unknown` in
 * `Forwarded`, whose grammar has no word for it. A caller in this process is `unknown` in both.
 *
 * @throws {ProxyError} `bad_request` when a `Forwarded` that has to be carried over cannot be parsed
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { forwardingHeaders, HeaderList } from "@pingo/pingo/core";
 *
 * const headers = new HeaderList({ "x-forwarded-for": "127.0.0.1", "x-forwarded-user": "root" });
 * forwardingHeaders(headers, {
 *   client: { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "https" },
 *   host: "example.com",
 * });
 * assertEquals([...headers], [
 *   ["x-forwarded-for", "192.0.2.1"],
 *   ["x-forwarded-proto", "https"],
 *   ["x-forwarded-host", "example.com"],
 * ]);
 * ```
 */
export function forwardingHeaders(headers: HeaderMap, options: ForwardingHeadersOptions): void {
  const { client, trusted = NOBODY, fields = "x-forwarded" } = options;
  const writesX = fields === "x-forwarded" || fields === "both";
  const writesForwarded = fields === "forwarded" || fields === "both";
  if (!trusted.isTrusted(client.address)) {
    dropForwarding(headers);
    if (writesX) writeNewXForwarded(headers, options);
    if (writesForwarded) writeForwarded(headers, options, null);
    return;
  }
  const hasX = headers.has("x-forwarded-for");
  const hasForwarded = headers.has("forwarded");
  const carriesX = writesX && hasForwarded && !hasX;
  const carriesForwarded = writesForwarded && hasX && !hasForwarded;
  const origin = carriesX || carriesForwarded
    ? clientAddress(headers, client.address, {
      trusted,
      believe: carriesX ? "forwarded" : "x-forwarded",
    })
    : null;
  if (writesX) writeXForwarded(headers, options, carriesX ? origin : null);
  if (writesForwarded) writeForwarded(headers, options, carriesForwarded ? origin : null);
}

const FAMILY = "x-forwarded-";

/** Most requests have none of these: that is found out without making names. */
function dropForwarding(headers: HeaderMap): void {
  headers.delete("forwarded");
  headers.delete("x-real-ip");
  if (!headers.hasPrefix(FAMILY)) return;
  const names = [...headers.keys()].map((name) => name.toLowerCase());
  for (const name of names) if (name.startsWith(FAMILY)) headers.delete(name);
}

/** The usual case, where nothing has to be looked for: there is none of these fields. */
function writeNewXForwarded(headers: HeaderMap, options: ForwardingHeadersOptions): void {
  const { client, host, withPort = false } = options;
  headers.append("x-forwarded-for", xNode(client.address, client.transport));
  headers.append("x-forwarded-proto", client.scheme);
  if (host !== "") headers.append("x-forwarded-host", host);
  if (withPort) headers.append("x-forwarded-port", portOf(host, client.scheme));
}

function writeXForwarded(
  headers: HeaderMap,
  options: ForwardingHeadersOptions,
  origin: ClientAddress | null,
): void {
  const { client, withPort = false } = options;
  const before = origin === null || origin.address === client.address
    ? headers.get("x-forwarded-for")
    : xNode(origin.address, "tcp");
  const own = xNode(client.address, client.transport);
  headers.set("x-forwarded-for", before === null || before === "" ? own : `${before}, ${own}`);
  const scheme = origin?.scheme ?? client.scheme;
  const host = origin?.host ?? options.host;
  if (!headers.has("x-forwarded-proto")) headers.append("x-forwarded-proto", scheme);
  if (host !== "" && !headers.has("x-forwarded-host")) headers.append("x-forwarded-host", host);
  if (withPort && !headers.has("x-forwarded-port")) {
    headers.append("x-forwarded-port", portOf(host, scheme));
  }
}

function portOf(host: string, scheme: Scheme): string {
  return /:(\d+)$/.exec(host)?.[1] ?? (scheme === "https" ? "443" : "80");
}

function writeForwarded(
  headers: HeaderMap,
  options: ForwardingHeadersOptions,
  origin: ClientAddress | null,
): void {
  const { client, host } = options;
  const hop = (address: string, from: ClientAddress | null): ForwardedHop => ({
    for: forwardedNode(address),
    host: from?.host ?? (host === "" ? undefined : host),
    proto: from?.scheme ?? client.scheme,
  });
  const hops = origin === null || origin.address === client.address
    ? [hop(client.address, origin)]
    : [hop(origin.address, origin), hop(client.address, null)];
  headers.append("forwarded", formatForwarded(hops));
}

function xNode(address: string, transport: Client["transport"]): string {
  if (address !== "") return address;
  return transport === "unix" ? "unix:" : "unknown";
}

function forwardedNode(address: string): string {
  if (address === "") return "unknown";
  return address.includes(":") ? `[${address}]` : address;
}
