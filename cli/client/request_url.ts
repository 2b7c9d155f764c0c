import { type Peer, peer, type PeerTls } from "../../core/mod.ts";
import { UsageError } from "../usage_error.ts";

/** Where a request goes. */
export interface RequestUrl {
  /** The URL as it stands in messages. */
  readonly text: string;
  /** The server. */
  readonly peer: Peer;
  /** The host and port to ask for. */
  readonly authority: string;
  /** Path and query, as they were written: a URL parser would tidy them up. */
  readonly target: string;
}

/** Options of {@linkcode parseRequestUrl}. */
export interface RequestUrlOptions {
  /** A unix socket to connect to in place of the host. */
  readonly unixSocket?: string;
  /** How TLS is spoken. */
  readonly tls?: PeerTls;
}

/**
 * Reads a URL; `http://` may be left out.
 *
 * @throws {UsageError} when it is none, of another scheme, or holds a password
 */
export function parseRequestUrl(text: string, options: RequestUrlOptions = {}): RequestUrl {
  const { unixSocket, tls } = options;
  const full = text.includes("://") ? text : `http://${text}`;
  const parts = /^(https?):\/\/([^/?#]+)([^#]*)/i.exec(full);
  if (parts === null || !URL.canParse(full)) {
    throw refuse(text, "it is no URL like http://host:port/path");
  }
  const { host, origin, protocol, username, password } = new URL(full);
  if (username !== "" || password !== "") {
    throw refuse(origin, "it holds a user name; send -H 'Authorization: ...' for that");
  }
  if (unixSocket !== undefined && protocol === "https:") {
    throw refuse(text, "there is no TLS over a unix socket");
  }
  return {
    text: full,
    peer: unixSocket === undefined ? peer(origin, { tls }) : peer(`unix:${unixSocket}`),
    authority: host,
    target: targetOf(parts[3]),
  };
}

/** The request target of what stands behind the host. */
function targetOf(rest: string): string {
  const path = rest.startsWith("/") ? rest : `/${rest}`;
  return path.toWellFormed().replace(/[^\x21-\x7e]/gu, encodeURIComponent);
}

function refuse(url: string, why: string): UsageError {
  return new UsageError(`Cannot use the URL ${JSON.stringify(url)}: ${why}`);
}
