import type { ProxyError } from "../../errors/mod.ts";
import { type Clock, systemClock } from "../../timeout/mod.ts";
import {
  errorReply,
  type ErrorReplyOptions,
  type Exchange,
  type Reply,
  type ServerExchange,
} from "../http/mod.ts";
import {
  type CheckedServerLimits,
  checkServerLimits,
  type ServerLimits,
} from "../http1/server/mod.ts";
import { CertificateStore } from "../tls/mod.ts";
import { canChooseByName } from "./_store_listener.ts";
import { type ListenAddress, parseListenAddress } from "./listen_address.ts";
import {
  type CheckedListenProxyProtocol,
  checkProxyProtocol,
  type ListenProxyProtocol,
} from "./proxy_protocol_options.ts";

/**
 * What serves the connections. `wire` is the own HTTP/1.1 over Deno's sockets: strict, with limits and
 * timeouts, tunnels, trailers and interim responses, at a fraction of the cost; over TLS it leaves
 * HTTP/2 to the server inside Deno. `deno` is `Deno.serve`: HTTP/1.1, HTTP/2 over TLS by ALPN and without
 * TLS by prior knowledge. `auto` takes the best one there is.
 */
export type ListenEngine = "auto" | "deno" | "wire";

/** The certificate of a TLS listener. */
export interface ListenTls {
  /** The certificate and those between it and the root, as PEM text. */
  readonly cert: string;
  /** The private key, as PEM text. */
  readonly key: string;
}

/** Options of {@linkcode listen}. */
export interface ListenOptions {
  /** Where to listen: a text for {@linkcode parseListenAddress}, or what it returns. */
  address: string | ListenAddress;
  /**
   * Listens with TLS: with one certificate, or with those of a store, chosen by the name that a client
   * asks for (SNI). A store takes the `wire` engine.
   *
   * A listener follows its store. Names that nobody has asked for yet cost nothing; when the certificate
   * of one that Deno was asked for has changed, the socket is closed and opened again, because Deno keeps
   * its answers as long as it is open. Open connections go on, and the queue of the socket is taken
   * before; but a client that connects in that millisecond is refused or reset (measured on two busy
   * cores: one client in two exchanges at 130 new connections a second, two in each at 500). It is also
   * opened again after 10,000 different names, whose answers Deno holds in memory. With a store of more
   * than one certificate no TLS session can be resumed, and a handshake with an RSA key costs twice the
   * CPU: Deno makes its configuration anew for each.
   *
   * Clients are not asked for certificates: Deno's listeners have no way to. Let a proxy in front do it.
   *
   * @default {no TLS}
   */
  tls?: ListenTls | CertificateStore;
  /**
   * What serves the connections.
   *
   * @default {"auto"}
   */
  engine?: ListenEngine;
  /**
   * Lets several processes listen on one port (SO_REUSEPORT), so that a new one starts before the old
   * one stops. Takes Deno's flag `--unstable-net`.
   *
   * A client that connects in the very moment in which the old one closes its socket is reset by Linux,
   * unless `net.ipv4.tcp_migrate_req` is 1: then it is handed to the other one.
   *
   * @default {false}
   */
  reusePort?: boolean;
  /**
   * The mode of the socket file; for unix sockets only.
   *
   * @default {0o666}
   */
  unixMode?: number;
  /**
   * The clock of the exchanges and of the drain.
   *
   * @default {systemClock}
   */
  clock?: Clock;
  /** Bounds of what clients may send and of how long they may take; for the `wire` engine. */
  limits?: ServerLimits;
  /**
   * Connections that are open at a time; one more is closed at once. For the `wire` engine.
   *
   * @default {20000}
   */
  maxConnections?: number;
  /**
   * The same for each client address.
   *
   * @default {Infinity}
   */
  maxConnectionsPerAddress?: number;
  /**
   * Takes the PROXY protocol from proxies in front: who they say that the client is becomes
   * `exchange.client`, and they themselves `exchange.client.proxy`. For the `wire` engine, and not with
   * `tls`: the header stands in front of the handshake, and Deno gives nobody a byte of a TLS connection
   * before that. Let the proxy in front end TLS, or pass the client on in header fields.
   *
   * @default {nobody}
   */
  proxyProtocol?: ListenProxyProtocol;
  /** Sees every exchange before the handler does; its `onEnd` tells the end. */
  onExchange?: (exchange: ServerExchange) => void;
  /** Sees every reply before it is sent, and may change its head. */
  onReply?: (reply: Reply, exchange: Exchange) => void;
  /**
   * Hears what the handler threw, and, with null, what went wrong elsewhere: a listener of an
   * exchange's end that threw, the system that refused to accept connections for a while.
   */
  onError?: (error: unknown, exchange: Exchange | null) => void;
  /** How the client is told of what the handler threw. */
  errorReply?: ErrorReplyOptions;
}

/** Options that have been looked at, with their defaults. */
export interface CheckedListenOptions {
  readonly address: ListenAddress;
  readonly tls: ListenTls | CertificateStore | undefined;
  readonly reusePort: boolean;
  readonly unixMode: number;
  readonly clock: Clock;
  readonly engine: "deno" | "wire";
  readonly limits: CheckedServerLimits;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
  readonly proxyProtocol: CheckedListenProxyProtocol | undefined;
  readonly onExchange: (exchange: ServerExchange) => void;
  readonly onReply: (reply: Reply, exchange: Exchange) => void;
  readonly onError: (error: unknown, exchange: Exchange | null) => void;
  readonly replyTo: (error: ProxyError, exchange: Exchange) => Reply;
}

/**
 * Checks options and sets the defaults.
 *
 * @throws {TypeError} for an address, certificate or combination that makes no sense
 * @throws {RangeError} for an engine or mode that does not exist
 */
export function checkListenOptions(
  options: ListenOptions,
): CheckedListenOptions {
  const { address, tls, engine = "auto", reusePort = false, unixMode } = options;
  const parsed = typeof address === "string" ? parseListenAddress(address) : address;
  const isUnix = parsed.transport === "unix";
  if (engine !== "auto" && engine !== "deno" && engine !== "wire") {
    throw new RangeError(
      `Cannot listen: there is no engine ${JSON.stringify(engine)}`,
    );
  }
  if (isUnix && tls !== undefined) {
    throw new TypeError("Cannot listen: there is no TLS on a unix socket");
  }
  if (isUnix && reusePort) {
    throw new TypeError("Cannot listen: reusePort is for TCP, the address is a unix socket");
  }
  if (!isUnix && unixMode !== undefined) {
    throw new TypeError("Cannot listen: unixMode is for a unix socket, the address is TCP");
  }
  if (
    unixMode !== undefined && !(Number.isInteger(unixMode) && unixMode >= 0 && unixMode < 0o1000)
  ) {
    throw new RangeError(`Cannot listen: unixMode ${unixMode} is not from 0 to 0o777`);
  }
  if (tls instanceof CertificateStore) checkStore(tls, engine);
  else if (tls !== undefined && (tls.cert.trim() === "" || tls.key.trim() === "")) {
    throw new TypeError("Cannot listen: TLS takes a certificate and a key, one is empty");
  }
  const { maxConnections = 20_000, maxConnectionsPerAddress = Infinity } = options;
  for (const [name, value] of Object.entries({ maxConnections, maxConnectionsPerAddress })) {
    if (!(value >= 1)) throw new RangeError(`Cannot listen: ${name} ${value} is not 1 or more`);
  }
  const isOnlyForWire = options.limits !== undefined || options.maxConnections !== undefined ||
    options.maxConnectionsPerAddress !== undefined;
  if (engine === "deno" && isOnlyForWire) {
    throw new TypeError("Cannot listen: the deno engine has no limits, the wire engine has");
  }
  const { proxyProtocol } = options;
  if (engine === "deno" && proxyProtocol !== undefined) {
    throw new TypeError(
      "Cannot listen: the deno engine has no PROXY protocol, the wire engine has",
    );
  }
  if (tls !== undefined && proxyProtocol !== undefined) {
    throw new TypeError(
      "Cannot listen: proxyProtocol does not go with tls, Deno reads nothing in front of a handshake",
    );
  }
  return {
    engine: engine === "deno" ? "deno" : "wire",
    limits: checkServerLimits(options.limits),
    maxConnections,
    maxConnectionsPerAddress,
    proxyProtocol: proxyProtocol === undefined ? undefined : checkProxyProtocol(proxyProtocol),
    address: parsed,
    tls,
    reusePort,
    unixMode: unixMode ?? 0o666,
    clock: options.clock ?? systemClock,
    onExchange: options.onExchange ?? nothing,
    onReply: options.onReply ?? nothing,
    onError: options.onError ?? nothing,
    replyTo: (error, exchange) => errorReply(error, exchange, options.errorReply),
  };
}

function checkStore(store: CertificateStore, engine: ListenEngine): void {
  if (engine === "deno") {
    throw new TypeError(
      "Cannot listen: the deno engine takes one certificate, the wire engine a store",
    );
  }
  if (store.default === null) {
    throw new TypeError("Cannot listen: there is no certificate in the store");
  }
  if (!store.hasOneAnswer && !canChooseByName()) {
    throw new TypeError("Cannot listen: this Deno cannot choose a certificate by name");
  }
}

function nothing(): void {}
