/**
 * The one normal form of a request target's path, by which every decision (route, cache, limit,
 * permission) is made, so that no two parts of a proxy see different paths: percent-encoded unreserved
 * characters decoded, the hex digits of the others in upper case (RFC 3986 §6.2.2), dot segments
 * removed (§5.2.4), runs of slashes made one. The target that is forwarded stays as it is.
 *
 * Returns null for a target without a path (`*`, `host:port`) and for a path that servers read in
 * different ways: a bad percent-encoding, an encoded NUL, slash or backslash, a bare backslash, or
 * more `..` than segments.
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
  if (target.charCodeAt(0) !== 47) return null;
  const query = target.indexOf("?");
  const path = query < 0 ? target : target.slice(0, query);
  if (IS_NORMAL.test(path)) return path;
  const decoded = decodeUnreserved(path);
  if (decoded === null || decoded.includes("\\") || decoded.includes("#")) {
    return null;
  }
  return removeDotSegments(decoded);
}

/** Paths that nothing needs to be done to, which is most of them: no `%`, `\`, `#`, `//` and no dot segment. */
const IS_NORMAL = /^(?:\/(?!\.{1,2}(?:\/|$))[^/%\\#]+)+\/?$|^\/$/;

function decodeUnreserved(path: string): string | null {
  if (!path.includes("%")) return path;
  let out = "";
  for (let i = 0; i < path.length; i++) {
    if (path.charCodeAt(i) !== 37) {
      out += path[i];
      continue;
    }
    const hex = path.slice(i + 1, i + 3);
    if (!/^[0-9a-f]{2}$/i.test(hex)) return null;
    const code = parseInt(hex, 16);
    if (code === 0 || code === 47 || code === 92) return null;
    const character = String.fromCharCode(code);
    out += /[A-Za-z0-9\-._~]/.test(character) ? character : `%${hex.toUpperCase()}`;
    i += 2;
  }
  return out;
}

function removeDotSegments(path: string): string | null {
  const kept: string[] = [];
  const segments = path.split("/");
  for (const segment of segments) {
    if (segment === "" || segment === ".") continue;
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
