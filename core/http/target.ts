/**
 * The one normal form of a request target's path, by which every decision (route, cache, limit,
 * permission) is made, so that no two parts of a proxy see different paths: percent-encoded unreserved
 * characters decoded, the hex digits of the others in upper case (RFC 3986 §6.2.2), what may not stand
 * in a path encoded (§3.3), dot segments removed (§5.2.4), runs of slashes made one. The target that is
 * forwarded stays as it is.
 *
 * Returns null for a target without a path (`*`, `host:port`) and for a path that servers read in
 * different ways: a bad percent-encoding, an encoded NUL, slash or backslash, a bare backslash, more `..`
 * than segments, or a dot segment with parameters (`..;x`, which Tomcat and Jetty take for `..`).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { normalPath } from "@pingo/pingo/core";
 *
 * assertEquals(normalPath("/a/./b//%7Ec/../d?x=/.."), "/a/b/d");
 * assertEquals(normalPath("/admin%2f..%2fpublic"), null);
 * assertEquals(normalPath("*"), null);
 * ```
 */
export function normalPath(target: string): string | null {
  if (target.charCodeAt(0) !== SLASH) return null;
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  if (IS_NORMAL.test(path)) return path;
  const encoded = normalCharacters(path);
  return encoded === null ? null : removeDotSegments(encoded);
}

const SLASH = 47;
const PERCENT = 37;
const BACKSLASH = 92;

/** Paths that nothing needs to be done to, which is most of them: allowed characters, no `//`, no dot segment. */
const IS_NORMAL = /^(?:\/(?!\.{1,2}(?:[/;]|$))[A-Za-z0-9\-._~!$&'()*+,;=:@]+)+\/?$|^\/$/;
const IS_UNRESERVED = /[A-Za-z0-9\-._~]/;
const MAY_STAND = /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/;
const DOT_WITH_PARAMETERS = /^\.{1,2}(?:;|%3B)/;

/** Every character in the one way in which it may be written; null when it may not be there at all. */
function normalCharacters(path: string): string | null {
  let out = "";
  for (let i = 0; i < path.length; i++) {
    let code = path.charCodeAt(i);
    let canStand = MAY_STAND;
    if (code === PERCENT) {
      const hex = path.slice(i + 1, i + 3);
      if (!/^[0-9a-f]{2}$/i.test(hex)) return null;
      code = parseInt(hex, 16);
      if (code === 0 || code === SLASH) return null;
      canStand = IS_UNRESERVED;
      i += 2;
    } else if (code <= 32 || code === 127 || code > 255 || code === 35) return null;
    if (code === BACKSLASH) return null;
    const character = String.fromCharCode(code);
    out += canStand.test(character)
      ? character
      : `%${code < 16 ? "0" : ""}${code.toString(16).toUpperCase()}`;
  }
  return out;
}

function removeDotSegments(path: string): string | null {
  const kept: string[] = [];
  const segments = path.split("/");
  for (const segment of segments) {
    if (segment === "" || segment === ".") continue;
    if (DOT_WITH_PARAMETERS.test(segment)) return null;
    if (segment !== "..") kept.push(segment);
    else if (kept.pop() === undefined) return null;
  }
  const last = segments[segments.length - 1];
  const isFolder = last === "" || last === "." || last === "..";
  return kept.length === 0 ? "/" : `/${kept.join("/")}${isFolder ? "/" : ""}`;
}

/**
 * The query of a target, without the question mark; null when it has none.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { targetQuery } from "@pingo/pingo/core";
 *
 * assertEquals(targetQuery("/a?b=c?d"), "b=c?d");
 * assertEquals(targetQuery("/a?"), "");
 * assertEquals(targetQuery("/a"), null);
 * ```
 */
export function targetQuery(target: string): string | null {
  const at = target.indexOf("?");
  return at < 0 ? null : target.slice(at + 1);
}
