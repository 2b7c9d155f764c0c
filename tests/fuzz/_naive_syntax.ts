// A second reader of HTTP/1.1: over strings, one line after the other, written down from the grammar of
// RFC 9110 and RFC 9112 without a look at the engine. Slow, and meant to be checked by reading it.

/** A field line. */
export type Line = readonly [name: string, value: string];

/** What stands in the way of reading on: the bytes break a rule, or they end too early. */
export type Fault = "bad" | "more";

/** Thrown where nothing can be read. */
export class Stop {
  readonly fault: Fault;

  constructor(fault: Fault) {
    this.fault = fault;
  }
}

/** What a reader gives, or the fault that stopped it. */
export function attempt<T>(read: () => T): T | Fault {
  try {
    return read();
  } catch (error) {
    if (error instanceof Stop) return error.fault;
    throw error;
  }
}

export const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const QUOTED = '"(?:[\\t !#-\\x5b\\x5d-\\x7e\\x80-\\xff]|\\\\[\\t\\x20-\\x7e\\x80-\\xff])*"';
const FIELD = new RegExp(`^(${TOKEN}):([\\t\\x20-\\x7e\\x80-\\xff]*)$`);
const CHUNK_LINE = new RegExp(
  `^([0-9A-Fa-f]+)(?:[ \\t]*;[ \\t]*${TOKEN}(?:[ \\t]*=[ \\t]*(?:${TOKEN}|${QUOTED}))?)*$`,
);

/** Reads a text from the front. */
export class Reader {
  readonly text: string;
  at: number;

  constructor(text: string, at: number) {
    this.text = text;
    this.at = at;
  }

  /** A line without its CRLF. A CR or LF that is not part of one is bad. */
  line(): string {
    const { text, at } = this;
    const end = text.slice(at).search(/[\r\n]/) + at;
    if (end < at) throw new Stop("more");
    if (text.startsWith("\r\n", end)) {
      this.at = end + 2;
      return text.slice(at, end);
    }
    throw new Stop(text.slice(end) === "\r" ? "more" : "bad");
  }

  bytes(count: number): string {
    const { text, at } = this;
    if (at + count > text.length) throw new Stop("more");
    this.at += count;
    return text.slice(at, at + count);
  }
}

/** Field lines up to the empty line (RFC 9112 §5). */
export function readLines(reader: Reader): Line[] {
  const lines: Line[] = [];
  for (let line = reader.line(); line !== ""; line = reader.line()) {
    const parts = FIELD.exec(line);
    if (parts === null) throw new Stop("bad");
    lines.push([parts[1], parts[2].replace(/^[ \t]+|[ \t]+$/g, "")]);
  }
  return lines;
}

/** The values of all lines with a name. */
export function valuesOf(lines: readonly Line[], name: string): string[] {
  return lines.filter(([each]) => each.toLowerCase() === name).map(([, value]) => value);
}

/** The members of a list field, in lower case. */
export function membersOf(lines: readonly Line[], name: string): string[] {
  return valuesOf(lines, name).join().toLowerCase().split(",")
    .map((member) => member.replace(/^[ \t]+|[ \t]+$/g, "")).filter((member) => member !== "");
}

/** Content and what follows it. */
export interface Content {
  readonly content: string;
  readonly trailers: readonly Line[];
}

/** Content of a known length. */
export function readCounted(reader: Reader, length: number): Content {
  return { content: reader.bytes(length), trailers: [] };
}

/** Content in chunks (RFC 9112 §7.1). */
export function readChunks(reader: Reader): Content {
  let content = "";
  for (;;) {
    const size = CHUNK_LINE.exec(reader.line())?.[1];
    if (size === undefined || size.length > 16) throw new Stop("bad");
    const count = parseInt(size, 16);
    if (!Number.isSafeInteger(count)) throw new Stop("bad");
    if (count === 0) return { content, trailers: readLines(reader) };
    content += reader.bytes(count);
    if (reader.bytes(2) !== "\r\n") throw new Stop("bad");
  }
}
