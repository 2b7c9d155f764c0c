/** What a header of version 1 begins with (§2.1). */
export const V1_START: Uint8Array = new TextEncoder().encode("PROXY ");
/** The longest line of version 1, its CRLF included (§2.1). */
export const V1_MAX_BYTES = 107;

/** The twelve bytes that a header of version 2 begins with (§2.2). */
export const V2_SIGNATURE: Uint8Array = Uint8Array.of(
  ...[0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a],
);
/** Signature, version and command, family and transport, length (§2.2). */
export const V2_START_BYTES = 16;
/** The address of a unix socket in version 2 (§2.2). */
export const UNIX_ADDRESS_BYTES = 108;
