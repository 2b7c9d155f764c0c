/** The registered types of what may follow the addresses (§2.2). */
export const TlvType = {
  ALPN: 0x01,
  AUTHORITY: 0x02,
  CRC32C: 0x03,
  NOOP: 0x04,
  UNIQUE_ID: 0x05,
  SSL: 0x20,
  NETNS: 0x30,
} as const;

/** The types inside of {@linkcode TlvType} SSL (§2.2.6). */
export const SslTlvType = {
  VERSION: 0x21,
  CN: 0x22,
  CIPHER: 0x23,
  SIG_ALG: 0x24,
  KEY_ALG: 0x25,
} as const;

/** The bits of the first byte of SSL (§2.2.6). */
export const SslClient = { SSL: 0x01, CERT_CONN: 0x02, CERT_SESS: 0x04 } as const;

/** A type and two bytes of length. */
export const TLV_START_BYTES = 3;
/** The bits and the verify result that SSL begins with. */
export const SSL_START_BYTES = 5;
/** The most that a unique id may have (§2.2.5). */
export const MAX_UNIQUE_ID_BYTES = 128;
/** The longest host name (RFC 1035 §2.3.4), which the authority is (§2.2.2). */
export const MAX_AUTHORITY_BYTES = 255;
