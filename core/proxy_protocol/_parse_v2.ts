import type { SocketEndpoint } from "../http/mod.ts";
import { fault } from "./_fault.ts";
import { ipv4Text, ipv6Text } from "./_ip_address.ts";
import { parseTlvs } from "./_parse_tlvs.ts";
import { UNIX_ADDRESS_BYTES, V2_START_BYTES } from "./_signature.ts";
import { textOf } from "./_text.ts";
import type { ParsedProxyHeader } from "./parse_proxy_header.ts";
import type { ProxiedTransport, ProxyHeader } from "./proxy_header.ts";

const LOCAL = 0x20;
const PROXY = 0x21;

/** The families (high half) with the transports (low half) that may be joined to them (§2.2). */
const TRANSPORTS: ReadonlyMap<number, ProxiedTransport> = new Map([
  [0x11, "tcp4"],
  [0x12, "udp4"],
  [0x21, "tcp6"],
  [0x22, "udp6"],
  [0x31, "unix"],
  [0x32, "unix_datagram"],
]);

/** The bytes of one address of each family (§2.2). */
const ADDRESS_BYTES = [0, 4, 16, UNIX_ADDRESS_BYTES];

/**
 * Reads a header of version 2 (§2.2), whose signature has been looked at. Wrong bytes are refused as
 * soon as they are there; nothing else is looked at before all of it is.
 */
export function parseV2(bytes: Uint8Array, maxBytes: number): ParsedProxyHeader | null {
  const { byteLength } = bytes;
  if (byteLength < 13) return null;
  const command = bytes[12];
  if (command >> 4 !== 2) throw fault("the version is not 1 or 2 (§2.2)");
  if (command !== LOCAL && command !== PROXY) throw fault("the command is unknown (§2.2)");
  if (byteLength < 14) return null;
  const family = bytes[13];
  // Of a local header the family is ignored, whatever it is.
  if (command === PROXY && (family >> 4 > 3 || (family & 0x0f) > 2)) {
    throw fault("the family or the transport is unknown (§2.2)");
  }
  if (byteLength < V2_START_BYTES) return null;
  const end = V2_START_BYTES + (bytes[14] << 8 | bytes[15]);
  const transport = command === PROXY ? TRANSPORTS.get(family) ?? "unknown" : "unknown";
  const addressBytes = ADDRESS_BYTES[family >> 4] ?? 0;
  const portBytes = addressBytes === UNIX_ADDRESS_BYTES ? 0 : 4;
  const addressEnd = V2_START_BYTES + 2 * addressBytes + portBytes;
  if (transport !== "unknown" && end < addressEnd) {
    throw fault("it is shorter than its addresses (§2.2)");
  }
  if (end > maxBytes) throw fault(`it is longer than ${maxBytes} bytes`);
  if (byteLength < end) return null;
  const whole = bytes.subarray(0, end);
  if (transport === "unknown") return { header: withoutAddress(command), byteLength: end };
  const [source, destination] = endpoints(whole, addressBytes, portBytes > 0);
  const tlvs = parseTlvs(whole, addressEnd);
  return {
    header: { version: 2, isLocal: false, transport, source, destination, tlvs },
    byteLength: end,
  };
}

/**
 * A header that says nothing of a client. How long the addresses are that it may carry all the same is
 * not known, so that what lies behind them cannot be found: the block is skipped (§2.2).
 */
function withoutAddress(command: number): ProxyHeader {
  return {
    version: 2,
    isLocal: command === LOCAL,
    transport: "unknown",
    source: null,
    destination: null,
    tlvs: {},
  };
}

function endpoints(
  bytes: Uint8Array,
  size: number,
  hasPorts: boolean,
): [source: SocketEndpoint, destination: SocketEndpoint] {
  const at = V2_START_BYTES;
  const portsAt = at + 2 * size;
  const read = (start: number, portAt: number): SocketEndpoint => ({
    address: addressText(bytes.subarray(start, start + size)),
    port: hasPorts ? bytes[portAt] << 8 | bytes[portAt + 1] : 0,
  });
  return [read(at, portsAt), read(at + size, portsAt + 2)];
}

function addressText(bytes: Uint8Array): string {
  if (bytes.byteLength === 4) return ipv4Text(bytes);
  return bytes.byteLength === 16 ? ipv6Text(bytes) : pathText(bytes);
}

/**
 * The path ends with its first NUL. A name outside of the file system (unix(7), abstract) begins with one and
 * is kept with it; nothing at all is a socket without a name, as a client's is.
 */
function pathText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0, bytes[0] === 0 ? 1 : 0);
  const path = bytes.subarray(0, end < 0 ? bytes.byteLength : end);
  return path.byteLength === 1 && path[0] === 0 ? "" : textOf(path, "a path");
}
