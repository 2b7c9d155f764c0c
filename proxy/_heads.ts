import { ProxyError } from "../errors/mod.ts";
import {
  addVia,
  type Exchange,
  forkRequestHead,
  forwardingHeaders,
  hasViaLoop,
  type HeaderMap,
  type Peer,
  removeHopByHop,
  type RemoveHopByHopOptions,
  type RequestHead,
  type ResponseHead,
  targetQuery,
} from "../core/mod.ts";
import { type ForwardingSettings, hostOfPeer } from "./_settings.ts";

/** What a proxy takes without being asked to. */
export const ALLOWED_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/**
 * Looks at a request before anything is done with it.
 *
 * @throws {ProxyError} `loop_detected` when it came through this proxy before
 */
export function checkRequest(exchange: Exchange, settings: ForwardingSettings): void {
  const { request } = exchange;
  if (settings.via !== null && hasViaLoop(request.headers, settings.via)) {
    throw new ProxyError(
      "loop_detected",
      "Cannot forward the request: its Via says that it came through this proxy before",
    );
  }
}

/**
 * CONNECT asks for a tunnel and not for a response: a filter may have answered it, an upstream is never
 * asked.
 *
 * @throws {ProxyError} `method_not_allowed` for CONNECT
 */
export function checkMethod(exchange: Exchange): void {
  if (exchange.request.method === "CONNECT") {
    throw new ProxyError("method_not_allowed", "Cannot forward the request: CONNECT is off", {
      headers: [["allow", ALLOWED_METHODS]],
    });
  }
}

// What most messages are cleaned by, made once.
const REQUEST: RemoveHopByHopOptions = { keepTrailer: true };
const RESPONSE: RemoveHopByHopOptions = { message: "response", keepTrailer: true };
const SWITCHING: RemoveHopByHopOptions = { ...RESPONSE, keepUpgrade: true };

/** The head of a request as an upstream gets it: a fresh copy without what ends at this proxy. */
export function upstreamHead(
  exchange: Exchange,
  peer: Peer,
  settings: ForwardingSettings,
): RequestHead {
  const head = forkRequestHead(exchange.request);
  const { headers } = head;
  if (settings.isNormalised) head.target = normalTarget(exchange);
  const keepUpgrade = exchange.canTunnel && mayUpgrade(headers, settings.upgrade);
  const keepTeTrailers = exchange.canTunnel && headers.has("te");
  removeHopByHop(
    headers,
    keepUpgrade || keepTeTrailers ? { keepUpgrade, keepTrailer: true, keepTeTrailers } : REQUEST,
  );
  // A client that reads trailers reads them through this hop too; TE is of each hop (RFC 9110 §10.1.4).
  if (keepTeTrailers && headers.has("te")) headers.append("connection", "te");
  forwardingHeaders(headers, {
    client: exchange.client,
    host: exchange.request.authority,
    trusted: settings.trusted,
    fields: settings.fields,
  });
  if (settings.via !== null) addVia(headers, { version: head.version, pseudonym: settings.via });
  if (settings.hostOf !== null) head.authority = settings.hostOf(peer);
  else if (!headers.has("host")) head.authority = hostOfPeer(peer);
  // It is sent on as HTTP/1.1, where what 1.0 ignores would count (RFC 9110 §10.1.1).
  if (head.version === "1.0") headers.delete("expect");
  return head;
}

/** The target with its path in the one form that decisions are made on. */
function normalTarget({ path, request: { target } }: Exchange): string {
  // `*` and `host:port` have no path, and nothing in them can be read in two ways.
  if (!target.startsWith("/")) return target;
  if (path === null) {
    throw new ProxyError(
      "bad_request",
      "Cannot forward the request: servers read its path differently",
    );
  }
  const query = targetQuery(target);
  return query === null ? path : `${path}?${query}`;
}

/** Takes out of an upstream's response what ends at this proxy. */
export function cleanResponse(head: ResponseHead, settings: ForwardingSettings): void {
  removeHopByHop(head.headers, head.status === 101 ? SWITCHING : RESPONSE);
  if (settings.via !== null) addVia(head.headers, { version: "1.1", pseudonym: settings.via });
}

/**
 * Whether the protocols that a request asks for may be tunnelled. `h2c` never: requests inside of it would
 * pass by every filter.
 */
function mayUpgrade(headers: HeaderMap, allowed: readonly string[] | "any" | "none"): boolean {
  const upgrade = headers.get("upgrade");
  if (upgrade === null || allowed === "none" || headers.has("http2-settings")) return false;
  return upgrade.split(",").every((member) => {
    const protocol = member.trim().toLowerCase();
    if (protocol === "h2c" || protocol.startsWith("http/")) return false;
    return allowed === "any" || allowed.includes(protocol);
  });
}
