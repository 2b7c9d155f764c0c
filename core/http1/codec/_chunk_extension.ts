import { CR, FOLD, HTAB, SP, VALUE_BYTES } from "./_bytes.ts";

const QUOTE = 34;
const SEMICOLON = 59;
const EQUALS = 61;
const BACKSLASH = 92;

// Where in a chunk extension the parser stands (RFC 9112 §7.1.1):
// chunk-ext = *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )
const BEFORE_SEMICOLON = 1;
const BEFORE_NAME = 2;
const IN_NAME = 3;
const AFTER_NAME = 4;
const BEFORE_VALUE = 5;
const IN_TOKEN = 6;
const IN_QUOTED = 7;
const AFTER_BACKSLASH = 8;
const AFTER_QUOTED = 9;

/** What {@linkcode extensionStep} gives for the CR that ends the line. */
export const EXTENSION_END = 0;
/** What it gives for a byte that may not stand there. */
export const EXTENSION_BAD = -1;

/** The state right behind a chunk size. */
export const EXTENSION_START = BEFORE_SEMICOLON;

/** The state behind one more byte, {@linkcode EXTENSION_END} or {@linkcode EXTENSION_BAD}. */
export function extensionStep(state: number, byte: number): number {
  const isBlank = byte === SP || byte === HTAB;
  const isToken = FOLD[byte] !== 0;
  switch (state) {
    case BEFORE_SEMICOLON:
      if (isBlank) return state;
      return byte === SEMICOLON ? BEFORE_NAME : EXTENSION_BAD;
    case BEFORE_NAME:
      if (isBlank) return state;
      return isToken ? IN_NAME : EXTENSION_BAD;
    case IN_NAME:
      if (isToken) return state;
      if (byte === EQUALS) return BEFORE_VALUE;
      return isBlank ? AFTER_NAME : afterMember(byte);
    case AFTER_NAME:
      if (isBlank) return state;
      if (byte === EQUALS) return BEFORE_VALUE;
      return byte === SEMICOLON ? BEFORE_NAME : EXTENSION_BAD;
    case BEFORE_VALUE:
      if (isBlank) return state;
      if (byte === QUOTE) return IN_QUOTED;
      return isToken ? IN_TOKEN : EXTENSION_BAD;
    case IN_TOKEN:
      if (isToken) return state;
      return isBlank ? BEFORE_SEMICOLON : afterMember(byte);
    case IN_QUOTED:
      if (byte === QUOTE) return AFTER_QUOTED;
      if (byte === BACKSLASH) return AFTER_BACKSLASH;
      return VALUE_BYTES[byte] === 1 ? state : EXTENSION_BAD;
    case AFTER_BACKSLASH:
      return VALUE_BYTES[byte] === 1 ? IN_QUOTED : EXTENSION_BAD;
    case AFTER_QUOTED:
      return isBlank ? BEFORE_SEMICOLON : afterMember(byte);
    default:
      return EXTENSION_BAD;
  }
}

function afterMember(byte: number): number {
  if (byte === SEMICOLON) return BEFORE_NAME;
  return byte === CR ? EXTENSION_END : EXTENSION_BAD;
}
