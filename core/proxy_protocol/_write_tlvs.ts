import type { ProxyTls, ProxyTlv, ProxyTlvs } from "../http/mod.ts";
import {
  MAX_AUTHORITY_BYTES,
  MAX_UNIQUE_ID_BYTES,
  SslClient,
  SslTlvType,
  TlvType,
} from "./_tlv_type.ts";

const encoder = new TextEncoder();
const RESERVED: ReadonlySet<number> = new Set(Object.values(TlvType));
const SSL_RESERVED: ReadonlySet<number> = new Set(Object.values(SslTlvType));

/** The bytes behind the addresses; the checksum, where it is wanted, is the last and still zero. */
export function tlvBytes(tlvs: ProxyTlvs): number[] {
  const { alpn, authority, uniqueId, tls, namespace, others = [], hasChecksum } = tlvs;
  const out: number[] = [];
  if (alpn !== undefined) text(out, TlvType.ALPN, alpn);
  if (authority !== undefined) text(out, TlvType.AUTHORITY, authority, MAX_AUTHORITY_BYTES);
  if (uniqueId !== undefined) {
    if (uniqueId.byteLength > MAX_UNIQUE_ID_BYTES) throw refuse("the unique id is too long");
    vector(out, TlvType.UNIQUE_ID, uniqueId);
  }
  if (tls !== undefined) vector(out, TlvType.SSL, sslBytes(tls));
  if (namespace !== undefined) text(out, TlvType.NETNS, namespace);
  for (const other of others) rest(out, other, RESERVED);
  if (hasChecksum) vector(out, TlvType.CRC32C, [0, 0, 0, 0]);
  return out;
}

function sslBytes(tls: ProxyTls): number[] {
  const { verifyResult } = tls;
  if (!Number.isInteger(verifyResult) || verifyResult < 0 || verifyResult > 0xffff_ffff) {
    throw refuse("verifyResult is not a 32-bit number");
  }
  const client = (tls.isTls ? SslClient.SSL : 0) | (tls.hasCertificate ? SslClient.CERT_CONN : 0) |
    (tls.hadCertificate ? SslClient.CERT_SESS : 0);
  const out = [client, ...[24, 16, 8, 0].map((shift) => verifyResult >>> shift & 0xff)];
  const texts: [number, string | undefined][] = [
    [SslTlvType.VERSION, tls.version],
    [SslTlvType.CN, tls.commonName],
    [SslTlvType.CIPHER, tls.cipher],
    [SslTlvType.SIG_ALG, tls.signatureAlgorithm],
    [SslTlvType.KEY_ALG, tls.keyAlgorithm],
  ];
  for (const [type, value] of texts) if (value !== undefined) text(out, type, value);
  for (const other of tls.others ?? []) rest(out, other, SSL_RESERVED);
  return out;
}

function rest(out: number[], { type, value }: ProxyTlv, reserved: ReadonlySet<number>): void {
  if (!Number.isInteger(type) || type < 0 || type > 255) {
    throw refuse(`there is no TLV type ${type}`);
  }
  if (reserved.has(type)) throw refuse(`TLV type ${type} has a field of its own`);
  vector(out, type, value);
}

function text(out: number[], type: number, value: string, maxBytes = 0xffff): void {
  // deno-lint-ignore no-control-regex -- what is looked for
  if (/[\0-\x1f\x7f]/.test(value)) throw refuse("a text holds a control");
  const bytes = encoder.encode(value);
  if (bytes.byteLength > maxBytes) throw refuse("a text is too long");
  vector(out, type, bytes);
}

function vector(out: number[], type: number, value: Uint8Array | number[]): void {
  if (value.length > 0xffff) throw refuse("a TLV is longer than 65535 bytes");
  out.push(type, value.length >> 8, value.length & 0xff);
  for (const byte of value) out.push(byte);
}

/** What a header that cannot be written is refused with: a mistake of the caller. */
export function refuse(state: string): TypeError {
  return new TypeError(`Cannot write a PROXY header: ${state}`);
}
