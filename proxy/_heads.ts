import { ProxyError } from "../errors/mod.ts";
import {
  addVia,
  cloneRequestHead,
  type Exchange,
  forwardingHeaders,
  hasViaLoop,
  type Peer,
  removeHopByHop,
  type RequestHead,
  type ResponseHead,
} from "../core/mod.ts";
import type { ForwardingSettings } from "./_settings.ts";

/**
 * Looks at a request before anything is done with it.
 *
 * @throws {ProxyError} `loop_detected` when it came through this proxy before, `method_not_allowed` for
 * CONNECT, which asks for a tunnel and not for a response
 */
export function checkRequest(exchange: Exchange, settings: ForwardingSettings): void {
  const { request } = exchange;
  if (settings.via !== null && hasViaLoop(request.headers, settings.via)) {
    throw new ProxyError(
      "loop_detected",
      "Cannot forward the request: its Via says that it came through this proxy before",
    );
  }
  if (request.method === "CONNECT") {
    throw new ProxyError("method_not_allowed", "Cannot forward the request: CONNECT is off", {
      headers: [["allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"]],
    });
  }
}

/** The head of a request as an upstream gets it: a fresh copy without what ends at this proxy. */
export function upstreamHead(
  exchange: Exchange,
  peer: Peer,
  settings: ForwardingSettings,
): RequestHead {
  const head = cloneRequestHead(exchange.request);
  const { headers } = head;
  removeHopByHop(headers);
  forwardingHeaders(headers, {
    client: exchange.client,
    host: exchange.request.authority,
    trusted: settings.trusted,
    fields: settings.fields,
  });
  if (settings.via !== null) addVia(headers, { version: head.version, pseudonym: settings.via });
  if (settings.hostOf !== null) head.authority = settings.hostOf(peer);
  return head;
}

/** Takes out of an upstream's response what ends at this proxy. */
export function cleanResponse(head: ResponseHead, settings: ForwardingSettings): void {
  removeHopByHop(head.headers, { message: "response" });
  if (settings.via !== null) addVia(head.headers, { version: "1.1", pseudonym: settings.via });
}
