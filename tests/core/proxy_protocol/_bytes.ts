/** Bytes of a text, one a character. */
export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** Bytes one behind the other. */
export function concat(...parts: readonly (Uint8Array | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The signature of version 2. */
export const SIGNATURE = bytesOf("\r\n\r\n\0\r\nQUIT\n");

/** A header of version 2 whose length is right. */
export function v2(
  command: number,
  family: number,
  ...block: (Uint8Array | number[])[]
): Uint8Array {
  const rest = concat(...block);
  return concat(SIGNATURE, [command, family, rest.length >> 8, rest.length & 0xff], rest);
}

/** A type, its length and its value. */
export function tlv(type: number, value: Uint8Array | readonly number[]): Uint8Array {
  return concat([type, value.length >> 8, value.length & 0xff], value);
}

/** From 192.0.2.1:258 to 192.0.2.9:443, in version 2. */
export const IPV4_BLOCK = [192, 0, 2, 1, 192, 0, 2, 9, 1, 2, 1, 187];
