import type { ProxyTls, ProxyTlv, ProxyTlvs } from "../http/mod.ts";
import { crc32c } from "./_crc32c.ts";
import { fault } from "./_fault.ts";
import { printableText } from "./_text.ts";
import {
  MAX_AUTHORITY_BYTES,
  MAX_UNIQUE_ID_BYTES,
  SSL_START_BYTES,
  SslClient,
  SslTlvType,
  TLV_START_BYTES,
  TlvType,
} from "./_tlv_type.ts";

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Reads what stands behind the addresses (§2.2), each a type, a length and a value, up to the end of the
 * header. A registered type that comes twice would mean one thing here and another one elsewhere.
 */
export function parseTlvs(header: Uint8Array, start: number): ProxyTlvs {
  const tlvs: Writable<ProxyTlvs> = {};
  const others: ProxyTlv[] = [];
  for (const { type, value, at } of vectors(header, start, header.byteLength)) {
    switch (type) {
      case TlvType.ALPN:
        tlvs.alpn = once(tlvs.alpn, printableText(value, "the ALPN"));
        break;
      case TlvType.AUTHORITY:
        if (value.byteLength > MAX_AUTHORITY_BYTES) throw fault("the authority is too long");
        tlvs.authority = once(tlvs.authority, printableText(value, "the authority"));
        break;
      case TlvType.CRC32C:
        tlvs.hasChecksum = once(tlvs.hasChecksum, verify(header, value, at));
        break;
      case TlvType.NOOP:
        break;
      case TlvType.UNIQUE_ID:
        if (value.byteLength > MAX_UNIQUE_ID_BYTES) throw fault("the unique id is too long");
        tlvs.uniqueId = once(tlvs.uniqueId, value.slice());
        break;
      case TlvType.SSL:
        tlvs.tls = once(tlvs.tls, parseSsl(value));
        break;
      case TlvType.NETNS:
        tlvs.namespace = once(tlvs.namespace, printableText(value, "the namespace"));
        break;
      default:
        others.push({ type, value: value.slice() });
    }
  }
  if (others.length > 0) tlvs.others = others;
  return tlvs;
}

function* vectors(
  bytes: Uint8Array,
  start: number,
  end: number,
): Generator<{ type: number; value: Uint8Array; at: number }> {
  while (start < end) {
    const at = start + TLV_START_BYTES;
    const next = at + (bytes[start + 1] << 8 | bytes[start + 2]);
    if (at > end || next > end) throw fault("a TLV is longer than the header (§2.2)");
    yield { type: bytes[start], value: bytes.subarray(at, next), at };
    start = next;
  }
}

function once<T>(before: T | undefined, value: T): T {
  if (before !== undefined) throw fault("a TLV is repeated");
  return value;
}

function verify(header: Uint8Array, value: Uint8Array, at: number): true {
  if (value.byteLength !== 4) throw fault("the checksum has not four bytes (§2.2.3)");
  const expected = new DataView(value.buffer, value.byteOffset).getUint32(0);
  if (crc32c(header, at) !== expected) throw fault("the checksum is wrong (§2.2.3)");
  return true;
}

function parseSsl(bytes: Uint8Array): ProxyTls {
  if (bytes.byteLength < SSL_START_BYTES) throw fault("what it tells of TLS is cut off (§2.2.6)");
  const client = bytes[0];
  const tls: Writable<ProxyTls> = {
    isTls: (client & SslClient.SSL) !== 0,
    hasCertificate: (client & SslClient.CERT_CONN) !== 0,
    hadCertificate: (client & SslClient.CERT_SESS) !== 0,
    verifyResult: new DataView(bytes.buffer, bytes.byteOffset).getUint32(1),
  };
  const others: ProxyTlv[] = [];
  for (const { type, value } of vectors(bytes, SSL_START_BYTES, bytes.byteLength)) {
    switch (type) {
      case SslTlvType.VERSION:
        tls.version = once(tls.version, printableText(value, "the TLS version"));
        break;
      case SslTlvType.CN:
        tls.commonName = once(tls.commonName, printableText(value, "the common name"));
        break;
      case SslTlvType.CIPHER:
        tls.cipher = once(tls.cipher, printableText(value, "the cipher"));
        break;
      case SslTlvType.SIG_ALG:
        tls.signatureAlgorithm = once(tls.signatureAlgorithm, printableText(value, "an algorithm"));
        break;
      case SslTlvType.KEY_ALG:
        tls.keyAlgorithm = once(tls.keyAlgorithm, printableText(value, "an algorithm"));
        break;
      default:
        others.push({ type, value: value.slice() });
    }
  }
  if (others.length > 0) tls.others = others;
  return tls;
}
