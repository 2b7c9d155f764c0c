import { fault } from "./_fault.ts";
import { ipv4Bytes, ipv4Text, ipv6Bytes, ipv6Text } from "./_ip_address.ts";
import { V1_MAX_BYTES, V1_START } from "./_signature.ts";
import type { ParsedProxyHeader } from "./parse_proxy_header.ts";
import type { ProxyHeader } from "./proxy_header.ts";

const CR = 0x0d;
const LF = 0x0a;

const UNKNOWN: ProxyHeader = {
  version: 1,
  isLocal: false,
  transport: "unknown",
  source: null,
  destination: null,
  tlvs: {},
};

/**
 * Reads a line of version 1 (§2.1), which is known to begin with "PROXY ". What decides is always the
 * first byte that is wrong, so that it does not matter in which pieces the line comes.
 */
export function parseV1(bytes: Uint8Array): ParsedProxyHeader | null {
  const end = endOfLine(bytes);
  if (end === 0) return null;
  const rest = String.fromCharCode(...bytes.subarray(V1_START.byteLength, end - 2));
  return { header: parseLine(rest), byteLength: end };
}

/** Behind the CRLF; 0 when it has not come yet. */
function endOfLine(bytes: Uint8Array): number {
  const limit = Math.min(bytes.byteLength, V1_MAX_BYTES);
  for (let at = V1_START.byteLength; at < limit; at++) {
    if (bytes[at] === LF) {
      if (bytes[at - 1] === CR) return at + 1;
      throw fault("a line ends with LF alone (§2.1)");
    }
    if (bytes[at - 1] === CR) throw fault("a CR without LF (§2.1)");
  }
  if (bytes.byteLength >= V1_MAX_BYTES) throw fault("no CRLF in the first 107 bytes (§2.1)");
  return 0;
}

function parseLine(rest: string): ProxyHeader {
  // What stands behind it is ignored, whatever it is (§2.1).
  if (rest === "UNKNOWN" || rest.startsWith("UNKNOWN ")) return UNKNOWN;
  const parts = rest.split(" ");
  const [family, source, destination, sourcePort, destinationPort] = parts;
  if (family !== "TCP4" && family !== "TCP6") {
    throw fault("the protocol is not TCP4, TCP6 or UNKNOWN (§2.1)");
  }
  if (parts.length !== 5) throw fault("it has not two addresses and two ports (§2.1)");
  const read = family === "TCP4" ? ipv4 : ipv6;
  return {
    version: 1,
    isLocal: false,
    transport: family === "TCP4" ? "tcp4" : "tcp6",
    source: { address: read(source), port: port(sourcePort) },
    destination: { address: read(destination), port: port(destinationPort) },
    tlvs: {},
  };
}

function ipv4(text: string): string {
  const bytes = ipv4Bytes(text);
  if (bytes === null) throw fault("an address is not an IPv4 one (§2.1)");
  return ipv4Text(bytes);
}

function ipv6(text: string): string {
  const bytes = ipv6Bytes(text);
  if (bytes === null) throw fault("an address is not an IPv6 one (§2.1)");
  return ipv6Text(bytes);
}

function port(text: string): number {
  const number = /^(?:0|[1-9]\d{0,4})$/.test(text) ? Number(text) : 65_536;
  if (number > 65_535) throw fault("a port is not a number from 0 to 65535 (§2.1)");
  return number;
}
