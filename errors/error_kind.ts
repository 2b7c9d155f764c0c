import type { ErrorKindRow, ErrorKindTraits, ErrorSource } from "./error_kind_traits.ts";
import { DOWNSTREAM_KINDS, type DownstreamErrorKind } from "./downstream_kinds.ts";
import { INTERNAL_KINDS, type InternalErrorKind } from "./internal_kinds.ts";
import { UPSTREAM_KINDS, type UpstreamErrorKind } from "./upstream_kinds.ts";

/** Name of a kind of failure: a key of {@linkcode ERROR_KINDS}. */
export type ErrorKind =
  | UpstreamErrorKind
  | DownstreamErrorKind
  | InternalErrorKind;

/**
 * The one table of kinds. Status, retry decision, metric label, error page,
 * `Proxy-Status` and docs/errors.md are all read from it; nothing is ever
 * decided from the text of a message.
 *
 * @example
 * ```ts
 * import { ERROR_KINDS } from "@pingo/pingo/errors";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ERROR_KINDS.connect_timeout.status, 504);
 * assertEquals(ERROR_KINDS.connect_timeout.retry, "yes");
 * assertEquals(ERROR_KINDS.rate_limited.source, "downstream");
 * ```
 */
export const ERROR_KINDS: Readonly<Record<ErrorKind, ErrorKindRow>> = Object
  .freeze({
    ...rows(UPSTREAM_KINDS, "upstream"),
    ...rows(DOWNSTREAM_KINDS, "downstream"),
    ...rows(INTERNAL_KINDS, "internal"),
  });

/**
 * Whether a string names a kind of failure.
 *
 * @example
 * ```ts
 * import { isErrorKind } from "@pingo/pingo/errors";
 * import { assert, assertFalse } from "@std/assert";
 *
 * assert(isErrorKind("no_upstream"));
 * assertFalse(isErrorKind("toString"));
 * ```
 */
export function isErrorKind(name: string): name is ErrorKind {
  return Object.hasOwn(ERROR_KINDS, name);
}

function rows<K extends string>(
  kinds: Record<K, ErrorKindTraits>,
  source: ErrorSource,
): Record<K, ErrorKindRow> {
  const table: Partial<Record<K, ErrorKindRow>> = {};
  for (const label in kinds) {
    table[label] = Object.freeze({ ...kinds[label], source, label });
  }
  return table as Record<K, ErrorKindRow>; // every key was filled just above
}
