import { ProxyError } from "../../errors/mod.ts";

/** What stands in the place of a secret. */
export const REDACTED = "[redacted]";

/** The header fields that hold secrets; RFC 9110 §11.6.2, §11.7.2 and RFC 6265. */
const SECRET_HEADERS = ["authorization", "proxy-authorization", "cookie", "set-cookie"];

/** The names of the header fields that are never written, in lower case. */
export function secretHeaders(more: readonly string[]): ReadonlySet<string> {
  return new Set([...SECRET_HEADERS, ...more.map((name) => name.toLowerCase())]);
}

const SECRET_NAME =
  /^(?:proxy-?)?authorization$|^(?:set-?)?cookies?$|passw(?:or)?d|passphrase|secret|token|credential|(?:api|private)[-_]?key/i;

const OWN = { enumerable: true, configurable: true, writable: true };

const MAX_TEXT = 8_192;
/** Longer than what a pattern below may span before it knows a secret. */
const MARGIN = 2_048;
const MAX_DEPTH = 4;
const MAX_ENTRIES = 64;

/**
 * A text without the secrets that can be told by their form: credentials of an `Authorization` field, the
 * password in a URL, the common secret query parameters, private keys.
 */
export function redactText(text: string): string {
  if (text.length > MAX_TEXT) {
    // A secret that the cut goes through would not be known by its form: so the end is dropped once more.
    const clean = redactShort(text.slice(0, MAX_TEXT + MARGIN));
    return `${clean.slice(0, Math.min(MAX_TEXT, clean.length - MARGIN))}…`;
  }
  return redactShort(text);
}

function redactShort(text: string): string {
  return text
    .replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(?:-----END [A-Z ]*-----|$)/g, REDACTED)
    .replace(/\b(Basic|Bearer)\s+(?=\S{0,400}[\d=.]|\S{20})[\w.~+/=-]+/gi, `$1 ${REDACTED}`)
    .replace(/(\/\/[^\s/:@]{0,256}:)[^\s/@]{1,1024}@/g, `$1${REDACTED}@`)
    .replace(
      /([?&](?:access_token|token|password|secret|api_?key|sig|signature)=)[^&\s#"]+/gi,
      `$1${REDACTED}`,
    );
}

/**
 * Any value as plain data that can be written as JSON: bounded in depth and size, without secrets. What
 * stands under the name of a secret is left out unless it is a number, a truth value or null: those tell
 * how many tokens are left, not what they are.
 */
export class FieldRedactor {
  readonly #more: ReadonlySet<string>;

  constructor(more: readonly string[]) {
    this.#more = new Set(more.map((name) => name.toLowerCase()));
  }

  /** The fields of a message; never throws, for a log must not break what it tells of. */
  fields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
    try {
      const plain = this.#entries(Object.entries(fields), 0);
      for (const [name, value] of Object.entries(fields)) {
        const stack = defectStack(value);
        if (stack !== null) plain[`${name}Stack`] = redactText(stack);
      }
      return plain;
    } catch {
      // A getter threw.
      return { fields: "[unreadable]" };
    }
  }

  #entries(pairs: Iterable<readonly [unknown, unknown]>, depth: number): Record<string, unknown> {
    const plain: Record<string, unknown> = {};
    let count = 0;
    for (const [key, value] of pairs) {
      if (++count > MAX_ENTRIES) break;
      const name = String(key);
      const shown = this.#isSecret(name, value) ? REDACTED : this.#value(value, depth);
      if (shown !== undefined) {
        // Not an assignment: "__proto__" is a name like others.
        Object.defineProperty(plain, name, { value: shown, ...OWN });
      }
    }
    return plain;
  }

  #isSecret(name: string, value: unknown): boolean {
    if (value === null || typeof value === "number" || typeof value === "boolean") return false;
    return SECRET_NAME.test(name) || this.#more.has(name.toLowerCase());
  }

  #value(value: unknown, depth: number): unknown {
    if (typeof value === "string") return redactText(value);
    if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
    if (typeof value === "bigint" || typeof value === "symbol") return String(value);
    if (typeof value === "boolean" || value === null) return value;
    if (typeof value !== "object") return undefined;
    if (value instanceof ProxyError) return redactText(value.describe());
    if (value instanceof Error) return redactText(describe(value));
    if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
    if (value instanceof URL) return redactText(value.href);
    if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
    if (depth >= MAX_DEPTH) return "[…]";
    if (Array.isArray(value)) {
      return value.slice(0, MAX_ENTRIES).map((each) => this.#value(each, depth + 1) ?? null);
    }
    return this.#entries(isPairs(value) ? value : Object.entries(value), depth + 1);
  }
}

/** Where a defect is; other failures come from outside, and where they were noticed tells nothing. */
function defectStack(value: unknown): string | null {
  const isDefect = value instanceof ProxyError ? value.status === 500 : value instanceof Error;
  if (!isDefect) return null;
  const root = value instanceof ProxyError ? value.rootCause() : value;
  return root instanceof Error ? root.stack ?? null : null;
}

/** The message and those of the causes. */
function describe(error: Error): string {
  let text = `${error.name}: ${error.message}`;
  let cause = error.cause;
  for (let depth = 0; depth < 8 && cause instanceof Error; depth++) {
    text += ` < ${
      cause instanceof ProxyError ? cause.describe() : `${cause.name}: ${cause.message}`
    }`;
    cause = cause.cause;
  }
  return text;
}

/** Maps, `Headers` and header maps; their names decide what is secret. */
function isPairs(value: object): value is Iterable<readonly [unknown, unknown]> {
  return Symbol.iterator in value && "entries" in value && "get" in value;
}
