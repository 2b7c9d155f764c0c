import { trimFieldValue } from "../../http/mod.ts";
import { COLON, CR, FOLD, LF, SP, VALUE_BYTES } from "./_bytes.ts";

/** How many bytes a line takes, at most. */
export function lineLength(name: string, value: string): number {
  return name.length + value.length + 4;
}

/**
 * Writes `name: value` with its CRLF and gives the offset behind. Checking and writing look at each
 * character once.
 *
 * @throws {TypeError} as {@linkcode HeaderList} does, when the name is not a token or the value has a
 * control byte or a character above U+00FF
 */
export function writeLine(to: Uint8Array, at: number, name: string, value: string): number {
  if (name === "") refuseName(name);
  for (let i = 0; i < name.length; i++) {
    const c = name.charCodeAt(i);
    if (c > 255 || FOLD[c] === 0) refuseName(name);
    to[at + i] = c;
  }
  at += name.length;
  to[at] = COLON;
  to[at + 1] = SP;
  at += 2;
  const text = trimFieldValue(value);
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c > 255 || VALUE_BYTES[c] === 0) refuseValue(name);
    to[at + i] = c;
  }
  at += text.length;
  to[at] = CR;
  to[at + 1] = LF;
  return at + 2;
}

function refuseName(name: string): never {
  throw new TypeError(
    `Cannot set a header field: the name ${JSON.stringify(name)} is not a token`,
  );
}

function refuseValue(name: string): never {
  throw new TypeError(
    `Cannot set the header field "${name}": the value holds a control or non-Latin-1 character`,
  );
}
