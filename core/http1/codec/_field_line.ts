import { trimFieldValue } from "../../http/mod.ts";
import { copyBytes } from "../_copy.ts";
import { COLON, CR, FOLD, LF, SP, VALUE_BYTES } from "./_bytes.ts";

// What a proxy adds is nearly the same each time: a line that comes a second time in a row at its place is
// kept as bytes, and copied from then on without being checked again. One that never comes again (a request
// id) costs no memory.
const PLACES = 64;
const MAX_KEPT_BYTES = 127;
const keptNames: string[] = new Array(PLACES).fill("");
const keptValues: string[] = new Array(PLACES).fill("");
const keptLines: (Uint8Array | null)[] = new Array(PLACES).fill(null);

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
  // The last letter, since lengths alone bring what belongs together into one place.
  const place = (name.length * 7 + value.length + name.charCodeAt(name.length - 1)) & (PLACES - 1);
  if (keptNames[place] !== name || keptValues[place] !== value) {
    keptNames[place] = name;
    keptValues[place] = value;
    keptLines[place] = null;
    return writeChecked(to, at, name, value);
  }
  const line = keptLines[place];
  if (line !== null) return copyBytes(line, 0, line.length, to, at);
  const end = writeChecked(to, at, name, value);
  if (end - at <= MAX_KEPT_BYTES && end <= to.length) keptLines[place] = to.slice(at, end);
  return end;
}

function writeChecked(to: Uint8Array, at: number, name: string, value: string): number {
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
