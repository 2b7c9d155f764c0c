import type { ProxyTlvs, SocketEndpoint } from "../http/mod.ts";
import { crc32c } from "./_crc32c.ts";
import { ipv4Bytes, ipv4Text, ipv6Bytes, ipv6Text } from "./_ip_address.ts";
import { UNIX_ADDRESS_BYTES, V2_SIGNATURE, V2_START_BYTES } from "./_signature.ts";
import { refuse, tlvBytes } from "./_write_tlvs.ts";
import type { ProxiedTransport, ProxyHeader } from "./proxy_header.ts";

/** A header to write: what is left out says that nothing is known. */
export type ProxyHeaderInit = Pick<ProxyHeader, "version"> & Partial<ProxyHeader>;

const encoder = new TextEncoder();

const FAMILIES: Readonly<Record<ProxiedTransport, number>> = {
  unknown: 0x00,
  tcp4: 0x11,
  udp4: 0x12,
  tcp6: 0x21,
  udp6: 0x22,
  unix: 0x31,
  unix_datagram: 0x32,
};

/**
 * Writes a header of the PROXY protocol; it goes in front of everything else, in one write (§2).
 *
 * @throws {TypeError} when it cannot be written: an address of another family, a field that version 1 has
 * no place for, more than 65,535 bytes
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { writeProxyHeader } from "@pingo/pingo/core";
 *
 * const bytes = writeProxyHeader({
 *   version: 1,
 *   transport: "tcp6",
 *   source: { address: "2001:db8::1", port: 4711 },
 *   destination: { address: "2001:db8::2", port: 443 },
 * });
 * assertEquals(
 *   new TextDecoder().decode(bytes),
 *   "PROXY TCP6 2001:db8::1 2001:db8::2 4711 443\r\n",
 * );
 * ```
 */
export function writeProxyHeader(header: ProxyHeaderInit): Uint8Array {
  const { version, transport = "unknown", isLocal = false, tlvs = {} } = header;
  const source = header.source ?? null;
  const destination = header.destination ?? null;
  const hasAddresses = source !== null && destination !== null;
  if ((transport === "unknown") === hasAddresses || (source === null) !== (destination === null)) {
    throw refuse("a known transport has two addresses, an unknown one none");
  }
  if (hasAddresses && isLocal) throw refuse("a local one has no addresses");
  if (!hasAddresses && Object.keys(tlvs).length > 0) throw refuse("TLVs stand behind addresses");
  if (version === 1) return writeV1(transport, isLocal, tlvs, source, destination);
  if (version === 2) return writeV2(transport, isLocal, tlvs, source, destination);
  throw refuse(`there is no version ${version}`);
}

function writeV1(
  transport: ProxiedTransport,
  isLocal: boolean,
  tlvs: ProxyTlvs,
  source: SocketEndpoint | null,
  destination: SocketEndpoint | null,
): Uint8Array {
  if (isLocal) throw refuse("version 1 has no local one");
  if (Object.keys(tlvs).length > 0) throw refuse("version 1 has no TLVs");
  if (source === null || destination === null) return encoder.encode("PROXY UNKNOWN\r\n");
  if (transport !== "tcp4" && transport !== "tcp6") throw refuse(`version 1 has no ${transport}`);
  // The one short form: another could make the line longer than the 107 bytes that it may have.
  const text = transport === "tcp4" ? ipv4Text : ipv6Text;
  const addresses = [source, destination].map((end) => text(addressBytes(transport, end.address)));
  const ports = [source, destination].map((end) => checkPort(end.port));
  const fields = [transport.toUpperCase(), ...addresses, ...ports];
  return encoder.encode(`PROXY ${fields.join(" ")}\r\n`);
}

function writeV2(
  transport: ProxiedTransport,
  isLocal: boolean,
  tlvs: ProxyTlvs,
  source: SocketEndpoint | null,
  destination: SocketEndpoint | null,
): Uint8Array {
  const block: number[] = [];
  if (source !== null && destination !== null) {
    block.push(...addressBytes(transport, source.address));
    block.push(...addressBytes(transport, destination.address));
    if (transport !== "unix" && transport !== "unix_datagram") {
      block.push(...twoBytes(checkPort(source.port)), ...twoBytes(checkPort(destination.port)));
    }
    for (const byte of tlvBytes(tlvs)) block.push(byte);
  }
  if (block.length > 0xffff) throw refuse("it is longer than 65535 bytes");
  const bytes = new Uint8Array(V2_START_BYTES + block.length);
  bytes.set(V2_SIGNATURE);
  bytes.set([isLocal ? 0x20 : 0x21, FAMILIES[transport], ...twoBytes(block.length)], 12);
  bytes.set(block, V2_START_BYTES);
  if (tlvs.hasChecksum) {
    // It stands last, and is zero until here (§2.2.3).
    new DataView(bytes.buffer).setUint32(bytes.byteLength - 4, crc32c(bytes));
  }
  return bytes;
}

function addressBytes(transport: ProxiedTransport, address: string): Uint8Array {
  if (transport === "unix" || transport === "unix_datagram") return pathBytes(address);
  const bytes = transport.endsWith("4") ? ipv4Bytes(address) : ipv6Bytes(address);
  if (bytes === null) {
    throw refuse(`${JSON.stringify(address)} is no address of ${transport}`);
  }
  return bytes;
}

function pathBytes(path: string): Uint8Array {
  const bytes = encoder.encode(path);
  if (bytes.byteLength > UNIX_ADDRESS_BYTES) throw refuse("a path is longer than 108 bytes");
  // A NUL ends a path, but for that in front of a name outside of the file system.
  if (path === "\0" || path.includes("\0", 1)) throw refuse("a path holds a NUL");
  const padded = new Uint8Array(UNIX_ADDRESS_BYTES);
  padded.set(bytes);
  return padded;
}

function checkPort(port: number): number {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw refuse(`${port} is no port from 0 to 65535`);
  }
  return port;
}

function twoBytes(number: number): [number, number] {
  return [number >> 8, number & 0xff];
}
