import type { Body, Cancel, Client, Peer, Reply, RequestHead, ResponseHead } from "../http/mod.ts";

/** What a transport is told beside the request. */
export interface TransportOptions {
  /** Where to send it. */
  readonly peer: Peer;
  /**
   * Who the exchange is for; null for the proxy's own, such as a health check. A peer that is told of it by
   * the PROXY protocol gets connections that serve this client alone.
   *
   * @default {null}
   */
  readonly client?: Client | null;
  /** Gives the exchange up: the connection is closed or the stream reset. */
  readonly cancel: Cancel;
  /**
   * How long connecting may take; `connect_timeout` then.
   *
   * @default no limit
   */
  readonly connectTimeoutMs?: number;
  /**
   * How long the response head may take after the last of the request was sent; `upstream_timeout` then.
   *
   * @default no limit
   */
  readonly headTimeoutMs?: number;
  /**
   * How long each read of the response's content may take; `upstream_body_timeout` then.
   *
   * @default no limit
   */
  readonly bodyTimeoutMs?: number;
  /** Sees what happens before the reply; one object and no closures, since there is one for each exchange. */
  readonly observer?: TransportObserver;
}

/** What happens on the way to a reply. */
export interface TransportObserver {
  /** Sees the connection before anything is written on it. */
  connected?(connection: ConnectionInfo): void;
  /** Sees each interim response (1xx); its head is valid during the call. */
  informed?(head: ResponseHead): void;
}

/** What is known of the connection that carries an exchange. */
export interface ConnectionInfo {
  /** Whether it has carried an exchange before; undefined where the transport cannot know. */
  readonly isReused?: boolean;
  /** The address at the other end, with its port; `unix:` and the path of a unix socket. */
  readonly remote?: string;
  /** What finding the address took, for a connection that was opened for this exchange. */
  readonly dnsMs?: number;
  /** What connecting took, for a connection that was opened for this exchange. */
  readonly connectMs?: number;
  /** What the TLS handshake took, for a connection that was opened for this exchange; 0 without TLS. */
  readonly tlsMs?: number;
}

/**
 * Carries one exchange to a peer: the one port behind which pools, protocols, mocks and decorators
 * lie, so that they nest.
 *
 * It rejects with a `ProxyError` that says what failed and whether sending again is safe. A body that
 * breaks off after the head makes the read of the reply's body reject. The request's body is read to
 * its end or cancelled, whatever happens.
 */
export interface Transport {
  /** Sends a request, resolves with the reply when its head is there. */
  exchange(
    head: RequestHead,
    body: Body | null,
    options: TransportOptions,
  ): Promise<Reply>;
  /** Closes idle connections and refuses new exchanges. */
  [Symbol.asyncDispose](): Promise<void>;
}
