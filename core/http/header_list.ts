import { isFieldValue, isToken, trimFieldValue } from "./field_syntax.ts";
import type { HeaderMap, HeaderMapInit } from "./header_map.ts";

/**
 * The header map that is made of strings: for replies that a program writes, for tests, and for
 * engines that hand over strings.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { HeaderList } from "@pingo/pingo/core";
 *
 * const headers = new HeaderList([["Accept", "text/html"], ["X-Tag", "a"], ["accept", "*" + "/*"]]);
 * assertEquals(headers.get("ACCEPT"), "text/html, *" + "/*");
 * headers.set("x-tag", "b");
 * assertEquals([...headers.keys()], ["Accept", "x-tag", "accept"]);
 * ```
 */
export class HeaderList implements HeaderMap {
  #names: string[] = [];
  #lower: string[] = [];
  #values: string[] = [];

  /**
   * Makes a map, empty or with lines.
   *
   * @param init lines to start with
   * @throws {TypeError} when a name is not a token or a value has a control byte
   */
  constructor(init?: HeaderMapInit) {
    if (init === undefined) return;
    if (init instanceof HeaderList) {
      this.#names = init.#names.slice();
      this.#lower = init.#lower.slice();
      this.#values = init.#values.slice();
    } else if (isPairs(init)) {
      for (const [name, value] of init) this.append(name, value);
    } else {
      for (const name of Object.keys(init)) {
        const value = init[name];
        if (typeof value === "string") this.append(name, value);
        else for (const one of value) this.append(name, one);
      }
    }
  }

  /**
   * Lines that are known to be well formed, because an HTTP parser has made them: nothing is checked
   * again.
   */
  static fromTrusted(
    lines: Iterable<readonly [name: string, value: string]>,
  ): HeaderList {
    const list = new HeaderList();
    for (const [name, value] of lines) {
      list.#names.push(name);
      list.#lower.push(name.toLowerCase());
      list.#values.push(value);
    }
    return list;
  }

  /** How many field lines there are. */
  get size(): number {
    return this.#names.length;
  }

  /** The values of all lines with this name joined by `", "`, or null when there is none. */
  get(name: string): string | null {
    const key = name.toLowerCase();
    const lower = this.#lower;
    let found: string | null = null;
    for (let i = 0; i < lower.length; i++) {
      if (lower[i] !== key) continue;
      found = found === null ? this.#values[i] : `${found}, ${this.#values[i]}`;
    }
    return found;
  }

  /** The value of each line with this name, in order. */
  getAll(name: string): string[] {
    const key = name.toLowerCase();
    return this.#values.filter((_, i) => this.#lower[i] === key);
  }

  /** The value of each `Set-Cookie` line. */
  getSetCookie(): string[] {
    return this.getAll("set-cookie");
  }

  /** Whether a line with this name exists. */
  has(name: string): boolean {
    return this.#lower.includes(name.toLowerCase());
  }

  /** Whether a line exists whose name begins with this text, given in lower case. */
  hasPrefix(prefix: string): boolean {
    return this.#lower.some((name) => name.startsWith(prefix));
  }

  /**
   * Replaces all lines with this name by one, in the place of the first of them.
   *
   * @throws {TypeError} when the name is not a token or the value has a control byte
   */
  set(name: string, value: string): void {
    const clean = checkLine(name, value);
    const key = name.toLowerCase();
    const at = this.#lower.indexOf(key);
    if (at < 0) return this.#push(name, key, clean);
    this.#names[at] = name;
    this.#values[at] = clean;
    if (this.#lower.indexOf(key, at + 1) >= 0) this.#remove(key, at + 1);
  }

  /**
   * Adds a line at the end.
   *
   * @throws {TypeError} when the name is not a token or the value has a control byte
   */
  append(name: string, value: string): void {
    const clean = checkLine(name, value);
    this.#push(name, name.toLowerCase(), clean);
  }

  /** Removes all lines with this name. */
  delete(name: string): void {
    const key = name.toLowerCase();
    const at = this.#lower.indexOf(key);
    if (at >= 0) this.#remove(key, at);
  }

  /** One `[name, value]` for each line. */
  *entries(): IterableIterator<[name: string, value: string]> {
    for (let i = 0; i < this.#names.length; i++) {
      yield [this.#names[i], this.#values[i]];
    }
  }

  /** The name of each line, in its original case. */
  *keys(): IterableIterator<string> {
    yield* this.#names;
  }

  /** The value of each line. */
  *values(): IterableIterator<string> {
    yield* this.#values;
  }

  /** The same as {@linkcode HeaderList.entries}. */
  [Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    return this.entries();
  }

  /** Calls `fn` for each line. */
  forEach(fn: (value: string, name: string, map: HeaderMap) => void): void {
    for (let i = 0; i < this.#names.length; i++) {
      fn(this.#values[i], this.#names[i], this);
    }
  }

  /** A copy that changes apart from this one. */
  clone(): HeaderList {
    return new HeaderList(this);
  }

  #push(name: string, key: string, value: string): void {
    this.#names.push(name);
    this.#lower.push(key);
    this.#values.push(value);
  }

  #remove(key: string, from: number): void {
    const lower = this.#lower;
    let kept = from;
    for (let i = from; i < lower.length; i++) {
      if (lower[i] === key) continue;
      lower[kept] = lower[i];
      this.#names[kept] = this.#names[i];
      this.#values[kept] = this.#values[i];
      kept++;
    }
    lower.length = this.#names.length = this.#values.length = kept;
  }
}

function isPairs(
  init: HeaderMapInit,
): init is HeaderMap | Headers | Iterable<readonly [string, string]> {
  return Symbol.iterator in init;
}

function checkLine(name: string, value: string): string {
  if (!isToken(name)) {
    throw new TypeError(
      `Cannot set a header field: the name ${JSON.stringify(name)} is not a token`,
    );
  }
  const clean = trimFieldValue(value);
  if (!isFieldValue(clean)) {
    throw new TypeError(
      `Cannot set the header field "${name}": the value holds a control or non-Latin-1 character`,
    );
  }
  return clean;
}
