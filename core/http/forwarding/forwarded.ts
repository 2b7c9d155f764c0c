import { isToken } from "../field_syntax.ts";
import { isAuthority } from "../request_from_web.ts";

/** One hop as `Forwarded` tells it (RFC 7239 §4). */
export interface ForwardedHop {
  /** Who sent the request: a node (§6), as `192.0.2.1`, `[2001:db8::1]:80`, `unknown` or `_hidden`. */
  for?: string;
  /** The side of the proxy that took it: a node. */
  by?: string;
  /** The Host that it came with. */
  host?: string;
  /** The scheme that it came over. */
  proto?: string;
}

/** A node (RFC 7239 §6): a name, then a port that may be obfuscated as well. */
const NODE =
  /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]|unknown|_[\w.-]+)(?::(?:\d{1,5}|_[\w.-]+))?$/i;
/** RFC 3986 §3.1. */
const SCHEME = /^[a-z][a-z0-9+.-]*$/i;
/** name=token or name="quoted string". */
const PAIR = /([^\s;,="]+)=(?:([^\s;,="]+)|"((?:[^"\\]|\\[^])*)")/y;

/** What the parameters of RFC 7239 §5 may hold. */
const CHECKS: Readonly<Record<keyof ForwardedHop, (value: string) => boolean>> = {
  for: (value) => NODE.test(value),
  by: (value) => NODE.test(value),
  host: isAuthority,
  proto: (value) => SCHEME.test(value),
};

/**
 * Parses `Forwarded` (RFC 7239): quoted strings, IPv6 in brackets, obfuscated identifiers, `unknown`.
 * Parameters that the RFC does not define are skipped; white space around a semicolon is let pass.
 *
 * @param value one line, or several joined by commas
 * @returns the hops, the client's first; null when the field is malformed anywhere: a broken quote shifts
 * what follows it, so nothing of it can be believed
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { parseForwarded } from "@pingo/pingo/core";
 *
 * assertEquals(parseForwarded('for="[2001:db8::1]:47";proto=https, for=unknown'), [
 *   { for: "[2001:db8::1]:47", proto: "https" },
 *   { for: "unknown" },
 * ]);
 * assertEquals(parseForwarded('for="192.0.2.1'), null);
 * ```
 */
export function parseForwarded(value: string): ForwardedHop[] | null {
  const hops: ForwardedHop[] = [];
  let hop: ForwardedHop = {};
  const seen = new Set<string>();
  let at = skipBlanks(value, 0);
  while (at < value.length) {
    if (!isDelimiter(value, at)) {
      const pair = pairAt(value, at);
      // No parameter may stand twice in one element (§4).
      if (pair === null || seen.has(pair.name)) return null;
      seen.add(pair.name);
      if (isKnown(pair.name)) {
        if (!CHECKS[pair.name](pair.value)) return null;
        hop[pair.name] = pair.value;
      }
      at = skipBlanks(value, pair.end);
      if (at < value.length && !isDelimiter(value, at)) return null;
    }
    // Empty elements are allowed and mean nothing (RFC 9110 §5.6.1.2).
    if (value[at] === "," && seen.size > 0) {
      hops.push(hop);
      hop = {};
      seen.clear();
    }
    at = skipBlanks(value, at + 1);
  }
  if (seen.size > 0) hops.push(hop);
  return hops;
}

/**
 * Writes hops as `Forwarded` has them (RFC 7239 §4), quoting what is no token.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { formatForwarded } from "@pingo/pingo/core";
 *
 * assertEquals(
 *   formatForwarded([{ for: "[2001:db8::1]", host: "example.com:81" }, { for: "192.0.2.1" }]),
 *   'for="[2001:db8::1]";host="example.com:81", for=192.0.2.1',
 * );
 * ```
 */
export function formatForwarded(hops: readonly ForwardedHop[]): string {
  return hops.map(formatHop).join(", ");
}

function formatHop(hop: ForwardedHop): string {
  let text = "";
  if (hop.for !== undefined) text += `;for=${quote(hop.for)}`;
  if (hop.by !== undefined) text += `;by=${quote(hop.by)}`;
  if (hop.host !== undefined) text += `;host=${quote(hop.host)}`;
  if (hop.proto !== undefined) text += `;proto=${quote(hop.proto)}`;
  return text.slice(1);
}

/** A token as it is, everything else as a quoted string (RFC 9110 §5.6.4). */
function quote(value: string): string {
  return isToken(value) ? value : `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
}

interface Pair {
  readonly name: string;
  readonly value: string;
  readonly end: number;
}

function pairAt(text: string, at: number): Pair | null {
  PAIR.lastIndex = at;
  const parts = PAIR.exec(text);
  if (parts === null || !isToken(parts[1])) return null;
  const token: string | undefined = parts[2];
  if (token !== undefined && !isToken(token)) return null;
  return {
    name: parts[1].toLowerCase(),
    value: token ?? parts[3].replaceAll(/\\([^])/g, "$1"),
    end: PAIR.lastIndex,
  };
}

function isKnown(name: string): name is keyof ForwardedHop {
  return Object.hasOwn(CHECKS, name);
}

function isDelimiter(text: string, at: number): boolean {
  return text[at] === "," || text[at] === ";";
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\t") at++;
  return at;
}
