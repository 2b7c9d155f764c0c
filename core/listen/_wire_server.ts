import { TimerWheel } from "../../timeout/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { type Client, type FetchHandler, type Scheme, unmapAddress } from "../http/mod.ts";
import type { Duplex } from "../http1/mod.ts";
import {
  RequestTurns,
  ServerConnection,
  type ServerConnectionOptions,
} from "../http1/server/mod.ts";
import { CertificateStore } from "../tls/mod.ts";
import { AddressCounts } from "./_address_counts.ts";
import { bindTcp } from "./_bind_tcp.ts";
import { findServeH2, type H2Server, type ServeH2 } from "./_h2_inside_deno.ts";
import type { EngineServer } from "./_engine_server.ts";
import { NAGLE_NOTE, turnNagleOff } from "./_no_delay.ts";
import { type ProxiedConnection, readProxied } from "./_proxied_connection.ts";
import { StoreListener, type TlsKeys } from "./_store_listener.ts";
import { UnixSocketFile } from "./_unix_socket.ts";
import type { ListenAddress, TcpListenAddress, UnixListenAddress } from "./listen_address.ts";
import type { CheckedListenOptions } from "./listen_options.ts";
import type { ListenerRefusals } from "./listener.ts";
import type { CheckedListenProxyProtocol } from "./proxy_protocol_options.ts";

/** What the wire engine needs of the listener above it. */
export interface WireServerOptions {
  /** The options of `listen`. */
  listen: CheckedListenOptions;
  /** What connections have in common, but for the wheel. */
  connection: Omit<ServerConnectionOptions, "wheel" | "limits" | "turns">;
  /** Answers what comes over HTTP/2. */
  fetch: FetchHandler;
}

/** A connection as the listeners of Deno give it. */
type Accepted = Deno.Conn<Deno.Addr>;
/** What connections come from. */
interface Acceptor {
  accept(): Promise<Accepted>;
  close(): void;
}
const KEEPER_MS = 3_600_000;
/**
 * Connections that may wait to be accepted; the system has a bound of its own. A client that finds the queue
 * full tries again after a second: where one process has gone, all of its clients come at once.
 */
const BACKLOG = 4_096;
/** After a failure to accept, such as too many open files, how long nothing is tried. */
const ACCEPT_PAUSE_MS = 100;
/** How long a stop waits for handshakes and PROXY headers that have begun. */
const UNSERVED_MS = 250;
/**
 * TLS handshakes at a time. One that stands still is given up, but Deno keeps its socket open until the
 * client ends it (measured with 2.9.6): so many of them are only slowed down here.
 */
const MAX_HANDSHAKES = 1_024;

/** Starts the wire engine: the own HTTP/1.1 over `Deno.listen` and `Deno.listenTls`. */
export async function startWireServer(options: WireServerOptions): Promise<EngineServer> {
  const { address, unixMode } = options.listen;
  if (address.transport === "tcp") return listenTcp(options, address);
  const file = new UnixSocketFile(address, unixMode);
  await file.check();
  return listenUnix(options, address, file);
}

function listenTcp(options: WireServerOptions, address: TcpListenAddress): EngineServer {
  const { tls, reusePort, clock } = options.listen;
  const serveH2 = tls === undefined ? null : findServeH2();
  const alpnProtocols = serveH2 === null ? ["http/1.1"] : ["h2", "http/1.1"];
  let isNagleOn = false;
  const open = (hostname: string, port: number) => {
    const openTls = (keys: TlsKeys, boundPort = port) => {
      const tlsListener = Deno.listenTls({
        hostname,
        port: boundPort,
        reusePort,
        alpnProtocols,
        tcpBacklog: BACKLOG,
        ...keys,
      });
      isNagleOn ||= !turnNagleOff(tlsListener.addr.port);
      return tlsListener;
    };
    const listener = tls === undefined
      ? Deno.listen({ hostname, port, reusePort, tcpBacklog: BACKLOG })
      : tls instanceof CertificateStore
      ? new StoreListener({ store: tls, open: openTls, clock })
      : openTls(tls);
    return { addr: listener.addr, listener };
  };
  const { hostname, port, servers, note } = bindTcp(address, open);
  const noH2 = tls !== undefined && serveH2 === null ? "no HTTP/2 in this Deno" : "";
  const nagle = isNagleOn ? NAGLE_NOTE : "";
  return new WireServer(options, {
    address: { transport: "tcp", hostname, port },
    listeners: servers.map(({ listener }) => listener),
    protocols: serveH2 === null ? ["HTTP/1.1"] : ["HTTP/1.1", "HTTP/2 by Deno"],
    note: [note, noH2, nagle].filter((part) => part !== "").join(", "),
    serveH2,
    hide: () => {},
  });
}

function listenUnix(
  options: WireServerOptions,
  address: UnixListenAddress,
  file: UnixSocketFile,
): EngineServer {
  const listener = Deno.listen({ transport: "unix", path: file.bindPath });
  try {
    file.publish();
  } catch (error) {
    listener.close();
    throw error;
  }
  return new WireServer(options, {
    address,
    listeners: [listener],
    protocols: ["HTTP/1.1"],
    note: "",
    serveH2: null,
    hide: () => file.remove(),
  });
}

interface Bound {
  address: ListenAddress;
  listeners: readonly Acceptor[];
  protocols: readonly string[];
  note: string;
  serveH2: ServeH2 | null;
  hide: () => void;
}

/** The sockets and connections of one listener. */
class WireServer implements EngineServer {
  readonly engine = "wire";
  readonly #options: WireServerOptions;
  readonly #connectionOptions: ServerConnectionOptions;
  readonly #bound: Bound;
  readonly #wheel: TimerWheel;
  readonly #turns = new RequestTurns();
  readonly #connections = new Set<ServerConnection>();
  readonly #h2 = new Set<H2Server>();
  /** Those whose PROXY header has not come yet. */
  readonly #nameless = new Set<Accepted>();
  readonly #perAddress: AddressCounts;
  readonly #accepting: Promise<void>[];
  /** Those that are not done with their TLS handshake. */
  readonly #handshakes = new Set<Accepted>();
  #tooMany = 0;
  #badProxyHeaders = 0;
  #isStopping = false;
  #whenQuiet = Promise.withResolvers<void>();

  constructor(options: WireServerOptions, bound: Bound) {
    this.#options = options;
    this.#bound = bound;
    this.#wheel = new TimerWheel({ clock: options.listen.clock });
    // Under load all timers are disarmed at times, and a wheel without any gives its timer of the system
    // up, to make a new one a moment later: this one keeps it.
    const keeper = this.#wheel.timer(() => keeper.arm(KEEPER_MS));
    keeper.arm(KEEPER_MS);
    const { limits, maxConnectionsPerAddress } = options.listen;
    this.#perAddress = new AddressCounts(maxConnectionsPerAddress);
    this.#connectionOptions = {
      ...options.connection,
      limits,
      wheel: this.#wheel,
      turns: this.#turns,
    };
    this.#accepting = bound.listeners.map((listener) => this.#accept(listener));
  }

  get address(): ListenAddress {
    return this.#bound.address;
  }

  get protocols(): readonly string[] {
    return this.#bound.protocols;
  }

  get note(): string {
    return this.#bound.note;
  }

  get refusals(): ListenerRefusals {
    return { tooMany: this.#tooMany, proxyHeader: this.#badProxyHeaders };
  }

  hide(): void {
    this.#bound.hide();
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const listener of this.#bound.listeners) listener.close();
    await Promise.all(this.#accepting);
    for (const connection of this.#connections) connection.drain();
    this.#wheel.timer(() => this.#cutUnserved()).arm(UNSERVED_MS);
    for (const server of this.#h2) server.shutdown();
    if (this.#count > 0) await this.#whenQuiet.promise;
    this.#turns[Symbol.dispose]();
    this.#wheel[Symbol.dispose]();
  }

  cut(): void {
    for (const connection of this.#connections) connection.close();
    this.#cutUnserved();
  }

  /** Closes what has not come as far as a request. */
  #cutUnserved(): void {
    for (const conn of this.#nameless) closeQuietly(conn);
    for (const conn of this.#handshakes) closeQuietly(conn);
  }

  get #count(): number {
    return this.#connections.size + this.#h2.size + this.#handshakes.size + this.#nameless.size;
  }

  async #accept(listener: Acceptor): Promise<void> {
    const { clock, onError } = this.#options.listen;
    while (!this.#isStopping) {
      let conn: Accepted;
      try {
        conn = await listener.accept();
      } catch (error) {
        if (this.#isStopping) return;
        if (isGoneBefore(error)) continue;
        onError(error, null);
        await new Promise<void>((resolve) => clock.setTimer(resolve, ACCEPT_PAUSE_MS));
        continue;
      }
      this.#take(conn);
    }
  }

  #take(conn: Accepted): void {
    const { maxConnections, proxyProtocol } = this.#options.listen;
    const near = clientOf(conn, isTls(conn) ? "https" : "http");
    // Who comes through a proxy counts for himself, once it is known who that is.
    const isProxied = proxyProtocol?.trusted.isTrusted(near.address) === true;
    const isTooMany = this.#count >= maxConnections ||
      (isTls(conn) && this.#handshakes.size >= MAX_HANDSHAKES);
    if (isTooMany || (!isProxied && !this.#perAddress.add(near.address))) {
      return this.#refuse(conn);
    }
    const served = isProxied
      ? this.#serveProxied(conn, near, proxyProtocol)
      : isTls(conn)
      ? this.#serveTls(conn, near)
      : this.#serve(conn, near);
    served.finally(() => {
      if (!isProxied) this.#perAddress.remove(near.address);
      if (this.#isStopping && this.#count === 0) this.#whenQuiet.resolve();
    });
  }

  #refuse(conn: Accepted): void {
    this.#tooMany++;
    closeQuietly(conn);
  }

  async #serve(conn: Accepted, client: Client, read?: Uint8Array): Promise<void> {
    if (isTcp(conn)) {
      try {
        conn.setNoDelay(true);
      } catch {
        // The client has left already; the first read tells.
      }
    }
    const connection = new ServerConnection(duplexOf(conn), client, this.#connectionOptions);
    if (read !== undefined && read.byteLength > 0) connection.unread(read);
    this.#connections.add(connection);
    if (this.#isStopping) connection.drain();
    await connection.run();
    this.#connections.delete(connection);
  }

  async #serveProxied(
    conn: Accepted,
    near: Client,
    options: CheckedListenProxyProtocol,
  ): Promise<void> {
    const proxied = await this.#readProxied(conn, near, options);
    if (proxied === null) return closeQuietly(conn);
    const { client, rest } = proxied;
    if (!this.#perAddress.add(client.address)) return this.#refuse(conn);
    await this.#serve(conn, client, rest);
    this.#perAddress.remove(client.address);
  }

  /** Reads the PROXY header; null when the connection is to be closed. */
  async #readProxied(
    conn: Accepted,
    near: Client,
    options: CheckedListenProxyProtocol,
  ): Promise<ProxiedConnection | null> {
    const { timeoutMs, maxBytes } = options;
    let isLate = false;
    // A read cannot be cancelled but by the end of the connection.
    const timer = this.#wheel.timer(() => {
      isLate = true;
      closeQuietly(conn);
    });
    timer.arm(timeoutMs);
    this.#nameless.add(conn);
    try {
      return await readProxied(conn, near, maxBytes);
    } catch (error) {
      if (this.#isStopping) return null;
      this.#badProxyHeaders++;
      const failure = isLate
        ? new ProxyError("request_timeout", `Cannot read a PROXY header: ${timeoutMs} ms are over`)
        : ProxyError.from(error, "client_gone");
      this.#options.listen.onError(failure, null);
      return null;
    } finally {
      timer.disarm();
      this.#nameless.delete(conn);
    }
  }

  async #serveTls(conn: Deno.TlsConn, client: Client): Promise<void> {
    let isH2: boolean;
    this.#handshakes.add(conn);
    const timer = this.#wheel.timer(() => closeQuietly(conn));
    timer.arm(this.#options.listen.limits.headTimeoutMs);
    try {
      isH2 = (await conn.handshake()).alpnProtocol === "h2";
    } catch {
      closeQuietly(conn);
      return;
    } finally {
      timer.disarm();
      this.#handshakes.delete(conn);
    }
    const { serveH2 } = this.#bound;
    if (!isH2 || serveH2 === null) return await this.#serve(conn, client);
    const server = serveH2(conn, this.#options.fetch);
    this.#h2.add(server);
    if (this.#isStopping) server.shutdown();
    await server.finished.catch(() => {});
    this.#h2.delete(server);
  }
}

function isTls(conn: Accepted): conn is Deno.TlsConn {
  return "handshake" in conn;
}

function isTcp(conn: Accepted): conn is Deno.TcpConn {
  return "setNoDelay" in conn && conn.remoteAddr.transport === "tcp";
}

function duplexOf(conn: Accepted): Duplex {
  return conn;
}

function clientOf(conn: Accepted, scheme: Scheme): Client {
  const { remoteAddr, localAddr } = conn;
  if (!("hostname" in remoteAddr)) return { address: "", port: 0, transport: "unix", scheme };
  const { hostname, port } = remoteAddr;
  const address = unmapAddress(hostname);
  if (!("hostname" in localAddr)) return { address, port, transport: "tcp", scheme };
  const destination = { address: unmapAddress(localAddr.hostname), port: localAddr.port };
  return { address, port, transport: "tcp", scheme, destination };
}

/**
 * Whether a client reset its connection before it was accepted: Deno then fails to ask for its address. It
 * says nothing about the listener, and whoever paused for it could be kept from accepting by anybody.
 */
function isGoneBefore(error: unknown): boolean {
  return error instanceof Deno.errors.NotConnected ||
    error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.ConnectionReset;
}

function closeQuietly(conn: Accepted): void {
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}
