import { ProxyError } from "../../../errors/mod.ts";
import { isToken, trimFieldValue } from "../field_syntax.ts";
import type { HeaderMap } from "../header_map.ts";
import { isEndToEnd } from "./_end_to_end.ts";

/** Options of {@linkcode removeHopByHop}. */
export interface RemoveHopByHopOptions {
  /**
   * Which kind of message the fields are from: who is to blame for a malformed `Connection`, and which
   * side of proxy authentication is meant.
   *
   * @default {"request"}
   */
  message?: "request" | "response";
  /**
   * Keeps `TE: trailers`, which gRPC asks for and HTTP/2 allows (RFC 9113 §8.2.2); the other members
   * go. Over HTTP/1.1 the sender has to nominate TE in `Connection` again (RFC 9110 §10.1.4).
   *
   * @default {false}
   */
  keepTeTrailers?: boolean;
  /**
   * Keeps `Trailer`, for a proxy that passes trailer fields on (RFC 9110 §6.6.2).
   *
   * @default {false}
   */
  keepTrailer?: boolean;
  /**
   * Keeps `Upgrade` together with the `Connection: upgrade` that must go with it (RFC 9110 §7.8), where
   * the message has both.
   *
   * @default {false}
   */
  keepUpgrade?: boolean;
  /**
   * Keeps the fields of proxy authentication, for a chain of proxies that authenticate together.
   *
   * @default {false}
   */
  keepProxyAuth?: boolean;
}

/** More than the three or four that exist is an attempt to make each option cost a search. */
const MAX_OPTIONS = 32;

/**
 * Removes the fields that end at this hop (RFC 9110 §7.6.1): `Connection` and what it nominates,
 * `Keep-Alive`, `Proxy-Connection`, `TE`, `Trailer`, `Transfer-Encoding`, `Upgrade`, and those of proxy
 * authentication. These last are made for whoever demanded them (§11.7): a reverse proxy that relays
 * `Proxy-Authorization` gives a password away, one that relays `Proxy-Authenticate` lets any upstream
 * ask browsers for one.
 *
 * A sender must not nominate what is meant for everybody, and a client would use it to strip what a
 * proxy in front has added: such a nomination counts for nothing, the field stays. That holds for
 * Authorization, Cookie, Host, Content-*, Cache-Control, X-Forwarded-*, Forwarded, Via and their like.
 *
 * @returns what stood in `Upgrade`, where `Connection` nominates it; else null
 * @throws {ProxyError} `bad_request`, or `bad_response` for a response, when `Connection` is malformed
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HeaderList, removeHopByHop } from "@pingo/pingo/core";
 *
 * const headers = new HeaderList({
 *   connection: "keep-alive, X-Hop, Authorization",
 *   "keep-alive": "timeout=5",
 *   "x-hop": "1",
 *   authorization: "Bearer x",
 * });
 * removeHopByHop(headers);
 * assertEquals([...headers], [["authorization", "Bearer x"]]);
 * ```
 */
export function removeHopByHop(
  headers: HeaderMap,
  options: RemoveHopByHopOptions = {},
): string | null {
  const { message = "request" } = options;
  const connection = headers.get("connection");
  let upgrade: string | null = null;
  if (connection !== null) {
    // First, so that a malformed value changes nothing; the common ones nominate no field.
    if (connection !== "keep-alive" && connection !== "close" && connection !== "Keep-Alive") {
      if (removeNominated(headers, connection, message)) upgrade = headers.get("upgrade");
    }
    headers.delete("connection");
  }
  // Named one by one: a lookup by name is what every implementation does fastest.
  headers.delete("keep-alive");
  headers.delete("proxy-connection");
  headers.delete("transfer-encoding");
  if (!options.keepTrailer) headers.delete("trailer");
  if (options.keepTeTrailers) keepTrailersOnly(headers);
  else headers.delete("te");
  if (!options.keepProxyAuth) {
    if (message === "request") headers.delete("proxy-authorization");
    else {
      headers.delete("proxy-authenticate");
      headers.delete("proxy-authentication-info");
    }
  }
  if (upgrade !== null && options.keepUpgrade) headers.set("connection", "upgrade");
  else headers.delete("upgrade");
  return upgrade;
}

/** Removes what `Connection` nominates; tells whether `upgrade` is among it. */
function removeNominated(
  headers: HeaderMap,
  connection: string,
  message: "request" | "response",
): boolean {
  const options = connection.split(",", MAX_OPTIONS + 1).map(trimFieldValue);
  if (options.length > MAX_OPTIONS) {
    throw malformed(message, `has more than ${MAX_OPTIONS} options`);
  }
  // Empty members are allowed in a list (RFC 9110 §5.6.1.2).
  if (!options.every((option) => option === "" || isToken(option))) {
    throw malformed(message, "is not a list of tokens");
  }
  let hasUpgrade = false;
  for (const option of options) {
    const name = option.toLowerCase();
    if (name === "upgrade") hasUpgrade = true;
    else if (name !== "" && name !== "te" && name !== "trailer" && !isEndToEnd(name)) {
      headers.delete(name);
    }
  }
  return hasUpgrade;
}

function malformed(message: "request" | "response", state: string): ProxyError {
  return new ProxyError(
    message === "request" ? "bad_request" : "bad_response",
    `Cannot forward the ${message}: Connection ${state} (RFC 9110 §7.6.1)`,
  );
}

function keepTrailersOnly(headers: HeaderMap): void {
  const te = headers.get("te");
  if (te === null || te === "trailers") return;
  const hasTrailers = te.split(",").some((member) =>
    trimFieldValue(member).toLowerCase() === "trailers"
  );
  if (hasTrailers) headers.set("te", "trailers");
  else headers.delete("te");
}
