import { ProxyError } from "../../errors/mod.ts";
import { type Client, type ClientProxy, unmapAddress } from "../http/mod.ts";
import {
  type ParsedProxyHeader,
  parseProxyHeader,
  type ProxyHeader,
} from "../proxy_protocol/mod.ts";

/** Enough for nearly every header, with a request behind it. */
const FIRST_BYTES = 1_024;

/** A connection whose header has been read. */
export interface ProxiedConnection {
  /** The client that the header tells of. */
  readonly client: Client;
  /** What came behind the header. */
  readonly rest: Uint8Array;
}

/** What {@linkcode readProxied} reads from. */
export interface ProxiedSource {
  read(into: Uint8Array): Promise<number | null>;
}

/**
 * Reads the header that a connection begins with.
 *
 * @param near the client as the socket shows it: the proxy
 * @returns null when the connection ended before its first byte, as many health checks do
 * @throws {ProxyError} when there is no header
 */
export async function readProxied(
  source: ProxiedSource,
  near: Client,
  maxBytes: number,
): Promise<ProxiedConnection | null> {
  let buffer = new Uint8Array(FIRST_BYTES);
  let end = 0;
  let parsed: ParsedProxyHeader | null = null;
  while (parsed === null) {
    if (end === buffer.byteLength) {
      const larger = new Uint8Array(2 * end);
      larger.set(buffer);
      buffer = larger;
    }
    const count = await source.read(buffer.subarray(end)).catch(resetAsEnd);
    if (count === null && end === 0) return null;
    if (count === null) {
      throw new ProxyError("bad_request", "Cannot read a PROXY header: the connection ended in it");
    }
    end += count;
    parsed = parseProxyHeader(buffer.subarray(0, end), { maxBytes });
  }
  const { header, byteLength } = parsed;
  return { client: clientOf(header, near), rest: buffer.subarray(byteLength, end) };
}

function resetAsEnd(error: unknown): null {
  if (error instanceof Deno.errors.ConnectionReset) return null;
  throw error;
}

function clientOf(header: ProxyHeader, near: Client): Client {
  const { transport, source, destination, tlvs } = header;
  // The proxy speaks for itself, or does not know: the connection is what it looks like (§2.1, §2.2).
  if (source === null || destination === null) return near;
  const { address, port } = near;
  const proxy: ClientProxy = {
    address,
    port,
    transport: near.transport === "unix" ? "unix" : "tcp",
    tlvs,
  };
  const scheme = tlvs.tls?.isTls ? "https" : near.scheme;
  if (transport === "unix" || transport === "unix_datagram") {
    return { address: "", port: 0, transport: "unix", scheme, destination, proxy };
  }
  return {
    address: unmapAddress(source.address),
    port: source.port,
    transport: "tcp",
    scheme,
    destination: { ...destination, address: unmapAddress(destination.address) },
    proxy,
  };
}
