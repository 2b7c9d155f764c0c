/**
 * Header fields as they stand on the wire: arrival order, original case, duplicates kept.
 *
 * It has the methods of the web's `Headers`, so there is nothing new to learn; what differs is that
 * iteration gives one entry for each field line, in order and in the case it arrived in. `Headers`
 * sorts, lowercases and folds, which a proxy must not do (RFC 9110 §5.3: the order of lines with one
 * name is part of their meaning).
 */
export interface HeaderMap extends Iterable<[name: string, value: string]> {
  /** How many field lines there are. */
  readonly size: number;
  /** The values of all lines with this name joined by `", "`, or null when there is none. */
  get(name: string): string | null;
  /** The value of each line with this name, in order. */
  getAll(name: string): string[];
  /** The value of each `Set-Cookie` line: the one field that cannot be joined. */
  getSetCookie(): string[];
  /** Whether a line with this name exists. */
  has(name: string): boolean;
  /**
   * Whether a line exists whose name begins with this text, given in lower case: without making names, so
   * that rules about families of fields cost requests little that have none of them.
   */
  hasPrefix(prefix: string): boolean;
  /** Replaces all lines with this name by one, in the place of the first of them. */
  set(name: string, value: string): void;
  /** Adds a line at the end. */
  append(name: string, value: string): void;
  /** Removes all lines with this name. */
  delete(name: string): void;
  /** One `[name, value]` for each line. */
  entries(): IterableIterator<[name: string, value: string]>;
  /** The name of each line, in its original case. */
  keys(): IterableIterator<string>;
  /** The value of each line. */
  values(): IterableIterator<string>;
  /** Calls `fn` for each line. */
  forEach(fn: (value: string, name: string, map: HeaderMap) => void): void;
  /** A copy that changes apart from this one. */
  clone(): HeaderMap;
}

/** What a header map can be made from. */
export type HeaderMapInit =
  | HeaderMap
  | Headers
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | readonly string[]>>;
