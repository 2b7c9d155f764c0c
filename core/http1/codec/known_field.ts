import { nameHash } from "./_name_hash.ts";

/**
 * Numbers of the fields that an engine or a proxy looks at in each message. With
 * {@linkcode IndexedHeaders.findKnown} they are found by a hash made in advance; the first ones decide
 * framing and routing, and each has a bit in `fields` of a parsed head.
 *
 * @example
 * ```ts
 * import { assert } from "@std/assert";
 * import { fieldBit, KnownField, RequestParser, WireRequestHead } from "@pingo/pingo/core";
 *
 * const head = new WireRequestHead();
 * const bytes = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
 * new RequestParser().parse(bytes, 0, bytes.length, head);
 * assert((head.fields & fieldBit(KnownField.HOST)) !== 0);
 * assert((head.fields & fieldBit(KnownField.CONNECTION)) === 0);
 * ```
 */
export const KnownField = {
  HOST: 1,
  CONTENT_LENGTH: 2,
  TRANSFER_ENCODING: 3,
  CONNECTION: 4,
  UPGRADE: 5,
  EXPECT: 6,
  KEEP_ALIVE: 7,
  PROXY_CONNECTION: 8,
  TE: 9,
  TRAILER: 10,
  VIA: 11,
  FORWARDED: 12,
  X_FORWARDED_FOR: 13,
  X_FORWARDED_PROTO: 14,
  X_FORWARDED_HOST: 15,
  X_REAL_IP: 16,
  AUTHORIZATION: 17,
  PROXY_AUTHORIZATION: 18,
  COOKIE: 19,
  SET_COOKIE: 20,
  ACCEPT_ENCODING: 21,
  CONTENT_TYPE: 22,
  CONTENT_ENCODING: 23,
  CACHE_CONTROL: 24,
  DATE: 25,
  SERVER: 26,
  USER_AGENT: 27,
  REFERER: 28,
  RANGE: 29,
  VARY: 30,
} as const;

/** A number of {@linkcode KnownField}. */
export type KnownField = typeof KnownField[keyof typeof KnownField];

/** The fields with numbers up to this one are told apart while a head is parsed. */
export const LAST_TRACKED = KnownField.TRAILER;

/** The lower-case name of each known field, by its number. */
export const KNOWN_NAMES: readonly string[] = /* @__PURE__ */ [
  "",
  ...Object.keys(KnownField).map((key) => key.toLowerCase().replaceAll("_", "-")),
];

/** The hash of each of these names. */
export const KNOWN_HASHES: Int32Array = /* @__PURE__ */ Int32Array.from(KNOWN_NAMES, nameHash);

const SLOTS = 64;

/** The one tracked field that a name with this hash may be; 0 for none. */
export function trackedCandidate(hash: number): number {
  const id = TRACKED[(hash ^ (hash >>> 8)) & (SLOTS - 1)];
  return KNOWN_HASHES[id] === hash ? id : 0;
}

const TRACKED = /* @__PURE__ */ trackedTable();

function trackedTable(): Uint8Array {
  const table = new Uint8Array(SLOTS);
  for (let id = 1; id <= LAST_TRACKED; id++) {
    const hash = KNOWN_HASHES[id];
    const slot = (hash ^ (hash >>> 8)) & (SLOTS - 1);
    if (table[slot] !== 0) throw new Error(`Cannot build the table: "${KNOWN_NAMES[id]}" collides`);
    table[slot] = id;
  }
  return table;
}

/**
 * The bit of a field in `fields` of a parsed head; the fields from HOST to TRAILER have one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { fieldBit, KnownField } from "@pingo/pingo/core";
 *
 * assertEquals(fieldBit(KnownField.HOST), 2);
 * ```
 */
export function fieldBit(field: KnownField): number {
  return 1 << field;
}
