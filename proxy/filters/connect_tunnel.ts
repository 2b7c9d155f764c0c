import {
  type AddressCache,
  connectTcp,
  type Exchange,
  isPublicAddress,
  type Peer,
  type Reply,
  reply,
  systemDial,
  TrustedProxies,
  tunnelOver,
  untilCancelled,
} from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import type { Clock } from "../../timeout/mod.ts";
import type { Filter } from "../filter.ts";
import { type ConnectTarget, connectTarget, hostMatcher } from "./_connect_target.ts";

export type { ConnectTarget };

/** Options of {@linkcode allowConnect}. */
export interface AllowConnectOptions {
  /**
   * The ports that tunnels may lead to, or `"any"`. With others a tunnel is a way to send mail or to
   * reach a shell.
   *
   * @default {[443]}
   */
  ports?: readonly number[] | "any";
  /**
   * The names that tunnels may lead to: `example.com` is itself, `*.example.com` all below it, an address
   * is that address. Only their names are looked at; `privateRanges` is asked besides.
   *
   * @default any
   */
  hosts?: readonly string[];
  /**
   * Asked when ports and hosts agree, before anything is dialled: whether this client may have this
   * tunnel. It sees `Proxy-Authorization` in `exchange.request.headers`.
   *
   * @default everybody may
   */
  isAllowed?: (target: ConnectTarget, exchange: Exchange) => boolean | Promise<boolean>;
  /**
   * Addresses that are not of the public internet and may be dialled all the same, as `TrustedProxies`
   * reads them: `"loopback"`, `"private"`, addresses, CIDR ranges. It is the address that counts, also
   * that of a name, so that no name leads into the own network.
   *
   * @default {[]}
   */
  privateRanges?: readonly string[];
  /**
   * How long dialling may take, names included; then 504.
   *
   * @default {10000}
   */
  connectTimeoutMs?: number;
  /**
   * The addresses of names.
   *
   * @default an own cache over the system's resolver
   */
  addresses?: AddressCache;
  /**
   * Connects to an address that may be dialled.
   *
   * @default `Deno.connect`
   */
  connect?: (address: string, port: number, signal: AbortSignal) => Promise<Deno.TcpConn>;
  /** The clock of `connectTimeoutMs`. */
  clock?: Clock;
}

/**
 * Opens tunnels to the targets that CONNECT names (RFC 9110 §9.3.6), which a proxy without this filter
 * refuses with 405. The target is dialled first; only when the connection stands does the client get its
 * 200, and no byte goes either way before. Denied targets are answered with 403, those that cannot be
 * reached with 502 or 504. The tunnel is relayed by the engine: half-closes pass through, it ends when it
 * was silent for the listener's `tunnelTimeoutMs`, and its bytes are counted in `finished`.
 *
 * A tunnel makes of the proxy's network position something that clients may use. So by default it leads
 * to port 443 of public addresses alone: not to loopback, private, link-local (169.254.169.254) and other
 * special ones, whatever their name is. Who serves strangers sets `hosts` or `isAllowed` too.
 *
 * Takes the wire engine; where the engine has no tunnels the answer is 501.
 *
 * @throws {RangeError} when a port or `connectTimeoutMs` is out of its range
 * @throws {TypeError} when a host or a range cannot be understood
 *
 * @example
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { listen, reply } from "@pingo/pingo/core";
 * import { allowConnect, HttpProxy } from "@pingo/pingo/proxy";
 *
 * using echo = Deno.listen({ hostname: "127.0.0.1", port: 0 });
 * const echoing = echo.accept().then((conn) => conn.readable.pipeTo(conn.writable));
 *
 * await using proxy = new HttpProxy({
 *   upstream: "127.0.0.1:3000",
 *   filters: [allowConnect({ ports: [echo.addr.port], privateRanges: ["loopback"] })],
 * });
 * await using listener = await listen({ address: "127.0.0.1:0" }, proxy.handle);
 *
 * const client = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(listener.url).port) });
 * const target = `127.0.0.1:${echo.addr.port}`;
 * await client.write(
 *   new TextEncoder().encode(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\nhello`),
 * );
 * await client.closeWrite();
 * assertMatch(await new Response(client.readable).text(), /^HTTP\/1\.1 200 .*\r\n\r\nhello$/s);
 * await echoing;
 * ```
 */
export function allowConnect<State = unknown>(options: AllowConnectOptions = {}): Filter<State> {
  const { ports = [443], hosts, isAllowed, privateRanges = [], connectTimeoutMs = 10_000 } =
    options;
  const { addresses, clock, connect = connectTcp } = options;
  checkNumbers(ports, connectTimeoutMs);
  const isPort = ports === "any" ? () => true : (port: number) => ports.includes(port);
  const isHost = hosts === undefined ? () => true : hostMatcher(hosts);
  const permitted = new TrustedProxies(privateRanges);
  const dial = systemDial({
    addresses,
    clock,
    connect: (address, port, signal) => {
      if (!isPublicAddress(address) && !permitted.isTrusted(address)) {
        return Promise.reject(denied(`${address} is not a public address`));
      }
      return connect(address, port, signal);
    },
  });

  async function open(exchange: Exchange): Promise<Reply> {
    const { hostname, port } = connectTarget(exchange.request.target);
    if (!exchange.canTunnel) {
      throw new ProxyError("not_implemented", "Cannot open a tunnel: this engine has none");
    }
    if (!isPort(port)) throw denied(`port ${port} is not allowed`);
    if (!isHost(hostname)) throw denied(`${hostname} is not allowed`);
    if (isAllowed !== undefined) {
      const answer = isAllowed({ hostname, port }, exchange);
      const isYes = answer instanceof Promise
        ? await untilCancelled(answer, exchange.cancel)
        : answer;
      if (!isYes) throw denied("the client may not have it");
    }
    const peer: Peer = { hostname, port, transport: "tcp", scheme: "http" };
    const { timings } = exchange;
    exchange.peer = peer;
    timings.upstreamStart = exchange.clock.now();
    timings.attempts++;
    const { conn } = await dial(peer, { cancel: exchange.cancel, timeoutMs: connectTimeoutMs });
    timings.upstreamConnected = exchange.clock.now();
    return {
      ...reply(200, null, { reason: "Connection Established" }),
      tunnel: tunnelOver(conn),
    };
  }

  return {
    name: "allowConnect",
    request: (exchange) => exchange.request.method === "CONNECT" ? open(exchange) : undefined,
  };
}

function denied(why: string): ProxyError {
  return new ProxyError("forbidden", `Cannot open a tunnel: ${why}`);
}

function checkNumbers(ports: readonly number[] | "any", connectTimeoutMs: number): void {
  for (const port of ports === "any" ? [] : ports) {
    if (!Number.isInteger(port) || port < 1 || port > 65_535) {
      throw new RangeError(`Cannot allow CONNECT: the port ${port} is not from 1 to 65535`);
    }
  }
  if (!(connectTimeoutMs > 0)) {
    throw new RangeError(
      `Cannot allow CONNECT: connectTimeoutMs ${connectTimeoutMs} is not above 0`,
    );
  }
}
