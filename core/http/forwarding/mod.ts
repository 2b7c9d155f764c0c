/**
 * What a message must lose and gain when it is passed on: hop-by-hop fields, `Via` with loop
 * detection, `Max-Forwards`, `Forwarded` and `X-Forwarded-*` with the proxies that are trusted, and the
 * dates of HTTP. Pure functions over a `HeaderMap`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addVia, forwardingHeaders, HeaderList, removeHopByHop } from "@pingo/pingo/core";
 *
 * const headers = new HeaderList({ host: "example.com", connection: "keep-alive" });
 * removeHopByHop(headers);
 * forwardingHeaders(headers, {
 *   client: { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" },
 *   host: "example.com",
 * });
 * addVia(headers, { version: "1.1", pseudonym: "pingo-4f2" });
 * assertEquals([...headers.keys()], [
 *   "host",
 *   "x-forwarded-for",
 *   "x-forwarded-proto",
 *   "x-forwarded-host",
 *   "via",
 * ]);
 * ```
 *
 * @module
 */
export { removeHopByHop, type RemoveHopByHopOptions } from "./hop_by_hop.ts";
export { addVia, hasViaLoop, type ViaOptions, viaPseudonym } from "./via.ts";
export { countForward } from "./max_forwards.ts";
export { formatForwarded, type ForwardedHop, parseForwarded } from "./forwarded.ts";
export { TrustedProxies, type TrustedProxiesOptions } from "./trusted_proxies.ts";
export { type ClientAddress, clientAddress, type ClientAddressOptions } from "./client_address.ts";
export {
  type ForwardedFields,
  forwardingHeaders,
  type ForwardingHeadersOptions,
} from "./forwarding_headers.ts";
export { httpDate } from "./http_date.ts";
export { parseHttpDate } from "../../../timeout/mod.ts";
