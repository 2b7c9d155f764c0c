import { FieldSectionParser } from "./_field_section.ts";
import { IndexedHeaders } from "./indexed_headers.ts";
import { ParseFault } from "./parse_error.ts";

/**
 * What may not stand in a trailer section (RFC 9110 §6.5.1): what frames, routes, controls,
 * authenticates or describes a message has its effect before the trailers come, or through them where
 * nobody looks. Such a field is dropped, as §6.5.1 allows; the content before it has long been relayed.
 */
const FORBIDDEN: ReadonlySet<string> = new Set([
  ["content-length", "transfer-encoding", "host", "connection", "keep-alive", "proxy-connection"],
  ["te", "trailer", "upgrade", "expect", "max-forwards", "via", "forwarded", "cdn-loop"],
  ["authorization", "proxy-authorization", "www-authenticate", "proxy-authenticate"],
  ["cookie", "set-cookie"],
  ["cache-control", "pragma", "range", "age", "date", "expires", "location", "retry-after"],
  ["vary", "warning", "x-real-ip"],
].flat());

/** Families of such fields, named by how they begin. */
const FORBIDDEN_FAMILIES: readonly string[] = ["content-", "if-", "x-forwarded-"];

function isForbidden(name: string): boolean {
  return FORBIDDEN.has(name) || FORBIDDEN_FAMILIES.some((family) => name.startsWith(family));
}

const FIRST_BYTES = 512;

/**
 * A trailer section as it comes in (RFC 9112 §7.1.2). It is rare and its bytes may be spread over reads:
 * they are copied, and the fields outlive the message.
 */
export class TrailerSection {
  /** The fields, complete when {@linkcode TrailerSection.read} has found the end. */
  readonly fields: IndexedHeaders = new IndexedHeaders();
  readonly #maxBytes: number;
  readonly #parser: FieldSectionParser;
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;
  /** Whether the empty line has come. */
  isDone = false;

  constructor(maxBytes: number, maxFields: number) {
    this.#maxBytes = maxBytes;
    this.#parser = new FieldSectionParser(maxFields);
  }

  /** Reads on; gives the offset up to which the bytes belong to the section, or a fault. */
  read(bytes: Uint8Array, start: number, end: number): number {
    const before = this.#length;
    const taken = Math.min(end - start, this.#maxBytes - before);
    this.#append(bytes, start, start + taken);
    const result = this.#parser.parse(this.#bytes, 0, this.#length, this.fields);
    if (result < 0) return result;
    if (result === 0) {
      return this.#length === this.#maxBytes ? ParseFault.TRAILERS_TOO_LARGE : start + taken;
    }
    this.isDone = true;
    this.#dropForbidden();
    return start + result - before;
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const length = this.#length + end - start;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(start, end), this.#length);
    this.#length = length;
  }

  #dropForbidden(): void {
    for (const name of [...this.fields.keys()]) {
      if (isForbidden(name.toLowerCase())) this.fields.delete(name);
    }
  }
}
