import { ProxyError } from "../../../errors/mod.ts";
import { type Clock, systemClock } from "../../../timeout/mod.ts";
import {
  type Cancel,
  CancelSource,
  type Peer,
  peerAddress,
  untilCancelled,
} from "../../http/mod.ts";
import { type Duplex, writeAll } from "../../http1/mod.ts";
import { AddressCache, isAddress } from "./address_cache.ts";
import { connectTcp } from "./connect_tcp.ts";
import { dialFailure, tlsFailure } from "./_dial_failure.ts";
import { interleave } from "./_interleave.ts";
import { race } from "./_race.ts";
import { isForbidden } from "./_permission.ts";
import { close, connectTls, hasClientCertificate, startTls } from "./_secure.ts";

/** What a {@linkcode Dial} is told beside the peer. */
export interface DialOptions {
  /** Gives the attempt up; a connection that comes after all is closed. */
  readonly cancel: Cancel;
  /**
   * How long it may take, names and TLS included; `connect_timeout` then.
   *
   * @default no limit
   */
  readonly timeoutMs?: number;
  /** Bytes that come before everything else, TLS included: a header of the PROXY protocol. */
  readonly preface?: Uint8Array;
}

/** A connection that stands, and what it took. */
export interface Dialled {
  /** The connection; with scheme `https` the handshake is done. */
  readonly conn: Duplex;
  /** The address that answered, with its port, or `unix:` and the path. */
  readonly remote: string;
  /** What finding the address took. */
  readonly dnsMs: number;
  /** What connecting took. */
  readonly connectMs: number;
  /** What the TLS handshake took; 0 without TLS. */
  readonly tlsMs: number;
}

/** Opens a connection to a peer. Rejects with a `ProxyError` that says at what it failed. */
export type Dial = (peer: Peer, options: DialOptions) => Promise<Dialled>;

/** Options of {@linkcode systemDial}. */
export interface SystemDialOptions {
  /** The addresses of names. */
  addresses?: AddressCache;
  /** The clock of the timeouts. */
  clock?: Clock;
  /**
   * How long an attempt at one address may take before the next one begins beside it (RFC 8305 §8).
   *
   * @default {250}
   */
  attemptDelayMs?: number;
  /** Opens a TCP connection to an address. */
  connect?: (address: string, port: number, signal: AbortSignal) => Promise<Deno.TcpConn>;
}

/**
 * The dial of the system: TCP and unix sockets, TLS over TCP; the addresses of a name are tried as in
 * RFC 8305.
 *
 * @throws {RangeError} when `attemptDelayMs` is not above zero
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CancelSource, peer, systemDial } from "@pingo/pingo/core";
 *
 * using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const target = peer(`127.0.0.1:${listener.addr.port}`);
 * const { conn, remote } = await systemDial()(target, { cancel: new CancelSource() });
 * assertEquals(remote, `127.0.0.1:${listener.addr.port}`);
 * conn.close();
 * ```
 */
export function systemDial(options: SystemDialOptions = {}): Dial {
  const {
    clock = systemClock,
    addresses = new AddressCache({ clock }),
    attemptDelayMs = 250,
    connect = connectTcp,
  } = options;
  if (!(attemptDelayMs > 0)) {
    throw new RangeError(
      `Cannot create the dial: attemptDelayMs is ${attemptDelayMs}, not above 0`,
    );
  }
  let turn = 0;
  return async (peer, { cancel, timeoutMs, preface }) => {
    const attempt = new Attempt(peer, {
      clock,
      addresses,
      attemptDelayMs,
      connect,
      preface,
      turn: turn++,
    });
    return await attempt.run(cancel, timeoutMs);
  };
}

interface AttemptSettings extends Required<SystemDialOptions> {
  preface: Uint8Array | undefined;
  /** Which address of a family is first. */
  turn: number;
}

/** One connection on its way. */
class Attempt {
  readonly #peer: Peer;
  readonly #settings: AttemptSettings;
  readonly #stop = new CancelSource();

  constructor(peer: Peer, settings: AttemptSettings) {
    this.#peer = peer;
    this.#settings = settings;
  }

  async run(cancel: Cancel, timeoutMs: number | undefined): Promise<Dialled> {
    const stop = this.#stop;
    const forget = cancel.onCancel((reason) => stop.cancel(reason));
    const stopTimer = timeoutMs === undefined ? undefined : this.#settings.clock.setTimer(() => {
      const address = peerAddress(this.#peer);
      const state = `no connection stood after ${timeoutMs} ms`;
      stop.cancel(new ProxyError("connect_timeout", `Cannot connect to ${address}: ${state}`));
    }, timeoutMs);
    try {
      if (stop.cancelled) throw stop.reason;
      return this.#peer.transport === "unix" ? await this.#unix() : await this.#tcp();
    } catch (error) {
      throw stop.cancelled
        ? ProxyError.from(stop.reason)
        : dialFailure(peerAddress(this.#peer), error);
    } finally {
      forget();
      stopTimer?.();
    }
  }

  async #unix(): Promise<Dialled> {
    const { hostname: path, scheme } = this.#peer;
    if (scheme === "https") {
      throw new ProxyError("internal", "Cannot speak TLS over a unix socket: Deno has no way to");
    }
    const start = this.#settings.clock.now();
    const conn = await this.#arrival(Deno.connect({ transport: "unix", path }));
    await this.#introduce(conn);
    const connectMs = this.#settings.clock.now() - start;
    return { conn, remote: `unix:${path}`, dnsMs: 0, connectMs, tlsMs: 0 };
  }

  async #tcp(): Promise<Dialled> {
    const { clock } = this.#settings;
    const start = clock.now();
    const addresses = await this.#addresses();
    const resolved = clock.now();
    const isSecure = this.#peer.scheme === "https";
    if (this.#settings.preface !== undefined && isSecure && hasClientCertificate(this.#peer)) {
      throw new ProxyError(
        "internal",
        "Cannot send a PROXY header before TLS with a client certificate: Deno has no way to",
      );
    }
    const conn = isSecure && hasClientCertificate(this.#peer)
      ? await this.#connect(addresses, (address) => connectTls(this.#peer, address))
      : await this.#connect(addresses, this.#connectTcp);
    const connected = clock.now();
    await this.#introduce(conn);
    if (!isSecure) return { conn, remote: remoteOf(conn), ...timesOf(start, resolved, connected) };
    const tls = await this.#secure(conn);
    const tlsMs = clock.now() - connected;
    return { conn: tls, remote: remoteOf(tls), ...timesOf(start, resolved, connected), tlsMs };
  }

  readonly #connectTcp = (address: string, signal: AbortSignal): Promise<Deno.TcpConn> => {
    return this.#settings.connect(address, this.#peer.port, signal);
  };

  /** Connects to the first address that answers; to the name itself where only that is permitted. */
  async #connect<Conn extends Deno.Conn>(
    addresses: readonly string[],
    connect: (address: string, signal: AbortSignal) => Promise<Conn>,
  ): Promise<Conn> {
    const { clock, attemptDelayMs: delayMs } = this.#settings;
    const options = { connect, close, cancel: this.#stop, clock, delayMs };
    try {
      return await race(addresses, options);
    } catch (error) {
      if (!isForbidden(error) || isAddress(this.#peer.hostname)) throw error;
      return await race([this.#peer.hostname], options);
    }
  }

  /** Sends what comes before everything else. */
  async #introduce(conn: Deno.Conn): Promise<void> {
    const { preface } = this.#settings;
    if (preface === undefined) return;
    try {
      await untilCancelled(writeAll(conn, preface), this.#stop);
    } catch (error) {
      close(conn);
      throw error;
    }
  }

  /** Makes TLS of a connection, and of its failure one of TLS. */
  async #secure(conn: Deno.TcpConn | Deno.TlsConn): Promise<Deno.TlsConn> {
    let tls: Deno.TlsConn;
    try {
      tls = "handshake" in conn ? conn : await startTls(this.#peer, conn);
    } catch (error) {
      close(conn);
      throw tlsFailure(peerAddress(this.#peer), error);
    }
    try {
      await untilCancelled(tls.handshake(), this.#stop);
      return tls;
    } catch (error) {
      // What waits in the handshake ends with it.
      close(tls);
      throw tlsFailure(peerAddress(this.#peer), error);
    }
  }

  /** The addresses to be tried. */
  async #addresses(): Promise<string[]> {
    const { addresses, turn } = this.#settings;
    const { hostname } = this.#peer;
    if (isAddress(hostname)) return [hostname];
    try {
      return interleave(await addresses.addresses(hostname, this.#stop), turn);
    } catch (error) {
      if (isForbidden(error)) return [hostname];
      throw error;
    }
  }

  /** A connection that is waited for as long as nobody cancels; closed when it comes later. */
  async #arrival(arriving: Promise<Deno.Conn>): Promise<Deno.Conn> {
    try {
      return await untilCancelled(arriving, this.#stop);
    } catch (error) {
      arriving.then(close, () => {});
      throw error;
    }
  }
}

function timesOf(
  start: number,
  resolved: number,
  connected: number,
): Pick<Dialled, "dnsMs" | "connectMs" | "tlsMs"> {
  return { dnsMs: resolved - start, connectMs: connected - resolved, tlsMs: 0 };
}

function remoteOf({ remoteAddr }: Deno.Conn): string {
  if (!("hostname" in remoteAddr)) return "";
  const { hostname, port } = remoteAddr;
  return hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
