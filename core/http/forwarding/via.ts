import type { Random } from "../../../timeout/mod.ts";
import { isToken } from "../field_syntax.ts";
import type { HttpVersion } from "../head.ts";
import type { HeaderMap } from "../header_map.ts";
import { membersOf } from "./_list_members.ts";

/** What {@linkcode addVia} writes. */
export interface ViaOptions {
  /** The version that the message arrived with. */
  version: HttpVersion;
  /** The name of this proxy: a token. */
  pseudonym: string;
}

/** The member that was written last: a proxy writes the same one each time. */
let lastPseudonym = "";
let lastVia = "";

/**
 * Adds this hop to `Via` (RFC 9110 §7.6.3), as a line of its own after those that came.
 *
 * @throws {TypeError} when the pseudonym is not a token
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { addVia, HeaderList } from "@pingo/pingo/core";
 *
 * const headers = new HeaderList({ via: "1.0 fred" });
 * addVia(headers, { version: "1.1", pseudonym: "pingo-4f2" });
 * assertEquals(headers.get("via"), "1.0 fred, 1.1 pingo-4f2");
 * ```
 */
export function addVia(headers: HeaderMap, options: ViaOptions): void {
  const { version, pseudonym } = options;
  if (version === "1.1" && pseudonym === lastPseudonym) return headers.append("via", lastVia);
  // A blank in it would end the name: the loop that it is to show would never be found.
  if (!isToken(pseudonym)) {
    throw new TypeError(
      `Cannot add Via: the pseudonym ${JSON.stringify(pseudonym)} is not a token`,
    );
  }
  const via = `${version} ${pseudonym}`;
  if (version === "1.1") {
    lastPseudonym = pseudonym;
    lastVia = via;
  }
  headers.append("via", via);
}

/**
 * Whether a message went through this proxy before: whether its own name stands in `Via` as the one
 * that received the message (RFC 9110 §7.6.3), and not in a comment or as a part of another name.
 *
 * A line whose comment or quoted text never ends can hide what a later proxy joins to it: if the name is
 * anywhere in such a line, it counts.
 *
 * @example
 * ```ts
 * import { assert, assertFalse } from "@std/assert";
 * import { hasViaLoop, HeaderList } from "@pingo/pingo/core";
 *
 * assert(hasViaLoop(new HeaderList({ via: "1.0 fred, 1.1 pingo-4f2 (Deno)" }), "pingo-4f2"));
 * assertFalse(hasViaLoop(new HeaderList({ via: "1.1 fred (not pingo-4f2)" }), "pingo-4f2"));
 * ```
 */
export function hasViaLoop(headers: HeaderMap, pseudonym: string): boolean {
  // Most messages have no Via, and most of the others not this name.
  if (!headers.get("via")?.includes(pseudonym)) return false;
  return headers.getAll("via").some((line) =>
    membersOf(line)?.some((member) => isFrom(member, pseudonym)) ?? line.includes(pseudonym)
  );
}

/** Via member = protocol RWS received-by [ RWS comment ], received-by = pseudonym [ ":" port ]. */
function isFrom(member: string, pseudonym: string): boolean {
  const parts = /^[^ \t(]+[ \t]+([^ \t(:]+)(?::\d*)?(?:[ \t(]|$)/.exec(member);
  return parts !== null && parts[1] === pseudonym;
}

/**
 * A name for a proxy that nobody else has: made once per process, so that two instances behind one
 * balancer do not take each other's messages for a loop. It tells nothing about the machine.
 *
 * @example
 * ```ts
 * import { assertEquals, assertMatch } from "@std/assert";
 * import { viaPseudonym } from "@pingo/pingo/core";
 * import { systemRandom } from "@pingo/pingo/timeout";
 *
 * assertMatch(viaPseudonym(systemRandom), /^pingo-[0-9a-z]{10}$/);
 * assertEquals(viaPseudonym(() => 0), "pingo-0000000000");
 * ```
 */
export function viaPseudonym(random: Random): string {
  let name = "pingo-";
  for (let i = 0; i < 10; i++) name += Math.floor(random() * 36).toString(36);
  return name;
}
