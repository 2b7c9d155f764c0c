import { TrustedProxies } from "../http/mod.ts";

/** How a listener takes the PROXY protocol, by which a proxy in front tells who the client is. */
export interface ListenProxyProtocol {
  /**
   * From whom it is required: as for {@linkcode TrustedProxies}. A connection from there has to begin with
   * a header, version 1 or 2, or it is closed. From anywhere else none is looked for, and one that comes is
   * a bad request: else every client could say who it is (proxy-protocol.txt §5).
   */
  trusted: TrustedProxies | readonly string[];
  /**
   * How long the header may take; then the connection is closed. The protocol's document asks for three
   * seconds or more, in which TCP can send again what was lost.
   *
   * @default {5000}
   */
  timeoutMs?: number;
  /**
   * The most bytes that a header may have, 107 or more.
   *
   * @default {4096}
   */
  maxBytes?: number;
}

/** {@linkcode ListenProxyProtocol}, looked at. */
export interface CheckedListenProxyProtocol {
  readonly trusted: TrustedProxies;
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/**
 * Checks the options and sets the defaults.
 *
 * @throws {TypeError} when nobody is trusted, or an entry is no address
 * @throws {RangeError} when a number is out of its range
 */
export function checkProxyProtocol(options: ListenProxyProtocol): CheckedListenProxyProtocol {
  const { trusted, timeoutMs = 5_000, maxBytes = 4_096 } = options;
  const isList = !(trusted instanceof TrustedProxies);
  if (isList && trusted.length === 0) {
    throw new TypeError("Cannot listen: proxyProtocol trusts nobody, so that nobody could use it");
  }
  if (!(timeoutMs > 0)) {
    throw new RangeError(`Cannot listen: proxyProtocol.timeoutMs ${timeoutMs} is not above 0`);
  }
  if (!Number.isInteger(maxBytes) || maxBytes < 107) {
    throw new RangeError(
      `Cannot listen: proxyProtocol.maxBytes ${maxBytes} is not a whole number from 107 on`,
    );
  }
  return { trusted: isList ? new TrustedProxies(trusted) : trusted, timeoutMs, maxBytes };
}
