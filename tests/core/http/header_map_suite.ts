import {
  assert,
  assertEquals,
  assertFalse,
  assertNotStrictEquals,
  assertThrows,
} from "@std/assert";
import fc from "fast-check";
import type { HeaderMap } from "../../../core/http/mod.ts";
import { HeaderModel } from "./_header_model.ts";

/** Makes the implementation under test out of lines, in order. */
export type HeaderMapFactory = (lines: readonly (readonly [string, string])[]) => HeaderMap;

const LINES: readonly (readonly [string, string])[] = [
  ["Host", "example.com"],
  ["X-Tag", "a"],
  ["Set-Cookie", "a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT"],
  ["x-tag", "b"],
  ["Accept", ""],
  ["SET-COOKIE", "b=2"],
];

const BAD_NAMES = ["", " ", "a b", "a:", "a\r\n", "\0", "é", "(a)", "a,b", 'a"', "日"];
const BAD_VALUES = ["a\r\nb", "a\nb", "a\rb", "a\0b", "\x7f", "a\x1fb", "日本"];

/** What every `HeaderMap` does; `name` names the implementation. */
export function headerMapSuite(name: string, make: HeaderMapFactory): void {
  Deno.test(`${name}: get() joins the lines of a name in their order, in any case of it`, () => {
    const map = make(LINES);
    assertEquals(map.get("x-tag"), "a, b");
    assertEquals(map.get("X-TAG"), "a, b");
    assertEquals(map.get("accept"), "");
    assertEquals(map.get("absent"), null);
  });

  Deno.test(`${name}: getAll() gives each line, getSetCookie() those of Set-Cookie`, () => {
    const map = make(LINES);
    assertEquals(map.getAll("X-tag"), ["a", "b"]);
    assertEquals(map.getAll("absent"), []);
    assertEquals(map.getSetCookie(), ["a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT", "b=2"]);
    assertEquals(make([]).getSetCookie(), []);
  });

  Deno.test(`${name}: has() finds a line in any case, also an empty one`, () => {
    const map = make(LINES);
    assert(map.has("HOST"));
    assert(map.has("accept"));
    assertFalse(map.has("x-ta"));
  });

  Deno.test(`${name}: hasPrefix() looks at the beginning of names, in any case of them`, () => {
    const headers = make([["X-Forwarded-For", "1"], ["Accept", "x-real"]]);
    assertEquals(headers.hasPrefix("x-forwarded-"), true);
    assertEquals(headers.hasPrefix("x-forwarded-for"), true);
    assertEquals(headers.hasPrefix("x-forwarded-for-"), false);
    assertEquals(headers.hasPrefix("x-real"), false);
    headers.delete("x-forwarded-for");
    assertEquals(headers.hasPrefix("x-"), false);
    headers.append("X-Own", "1");
    assertEquals(headers.hasPrefix("x-o"), true);
  });

  Deno.test(`${name}: iteration gives every line in arrival order and original case`, () => {
    const map = make(LINES);
    const lines = LINES.map(([name, value]) => [name, value]);
    assertEquals([...map], lines);
    assertEquals([...map.entries()], lines);
    assertEquals([...map.keys()], LINES.map(([name]) => name));
    assertEquals([...map.values()], LINES.map(([, value]) => value));
    const seen: [string, string, HeaderMap][] = [];
    map.forEach((value, name, self) => seen.push([name, value, self]));
    assertEquals(seen.map(([name, value]) => [name, value]), lines);
    assert(seen.every(([, , self]) => self === map));
    assertEquals(map.size, LINES.length);
  });

  Deno.test(`${name}: set() replaces all lines of a name in the place of the first`, () => {
    const map = make(LINES);
    map.set("X-TAG", "c");
    assertEquals([...map.entries()].slice(0, 3), [
      ["Host", "example.com"],
      ["X-TAG", "c"],
      ["Set-Cookie", "a=1; Expires=Sun, 06 Nov 1994 08:49:37 GMT"],
    ]);
    assertEquals(map.size, LINES.length - 1);
  });

  Deno.test(`${name}: set() of a new name and append() add a line at the end`, () => {
    const map = make(LINES);
    map.set("X-New", "1");
    map.append("x-new", "2");
    assertEquals([...map].slice(LINES.length), [["X-New", "1"], ["x-new", "2"]]);
    assertEquals(map.get("x-new"), "1, 2");
  });

  Deno.test(`${name}: delete() removes every line of a name and leaves the others`, () => {
    const map = make(LINES);
    map.delete("x-TAG");
    map.delete("absent");
    assertEquals([...map.keys()], ["Host", "Set-Cookie", "Accept", "SET-COOKIE"]);
    assertFalse(map.has("x-tag"));
    assertEquals(map.getAll("x-tag"), []);
  });

  Deno.test(`${name}: white space around a value is not part of it (RFC 9110 §5.5)`, () => {
    const map = make([]);
    map.append("a", " \t x y \t");
    map.set("b", "  ");
    assertEquals([...map], [["a", "x y"], ["b", ""]]);
  });

  Deno.test(`${name}: keeps bytes above ASCII and tabs within a value (RFC 9110 §5.5)`, () => {
    const map = make([["a", "\xe9\xff\x80"]]);
    map.set("b", "x\ty");
    assertEquals(map.get("a"), "\xe9\xff\x80");
    assertEquals(map.get("b"), "x\ty");
  });

  for (const bad of BAD_NAMES) {
    Deno.test(`${name}: refuses the name ${JSON.stringify(bad)} (RFC 9110 §5.1)`, () => {
      const map = make(LINES);
      assertThrows(() => map.set(bad, "x"), TypeError);
      assertThrows(() => map.append(bad, "x"), TypeError);
      assertEquals(map.size, LINES.length);
    });
  }

  for (const bad of BAD_VALUES) {
    Deno.test(`${name}: refuses the value ${JSON.stringify(bad)} (RFC 9110 §5.5)`, () => {
      const map = make(LINES);
      assertThrows(() => map.set("host", bad), TypeError);
      assertThrows(() => map.append("host", bad), TypeError);
      assertEquals(map.get("host"), "example.com");
    });
  }

  Deno.test(`${name}: has no fields of its own under the names of Object.prototype`, () => {
    const map = make([]);
    for (const key of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      assertFalse(map.has(key));
      assertEquals(map.get(key), null);
      map.append(key, "x");
      assertEquals(map.get(key), "x");
    }
  });

  Deno.test(`${name}: clone() changes apart from its original`, () => {
    const map = make(LINES);
    const copy = map.clone();
    assertNotStrictEquals(copy, map);
    assertEquals([...copy], [...map]);
    copy.set("host", "copy");
    copy.delete("accept");
    map.append("x-late", "1");
    assertEquals(map.get("host"), "example.com");
    assert(map.has("accept"));
    assertFalse(copy.has("x-late"));
  });

  Deno.test(`${name}: can be given to the web's Headers`, () => {
    const web = new Headers([...make(LINES)]);
    assertEquals(web.get("x-tag"), "a, b");
    assertEquals(web.getSetCookie().length, 2);
  });

  Deno.test(`${name}: agrees with a naive model (property)`, () => {
    fc.assert(fc.property(fc.array(line), fc.array(step, { maxLength: 30 }), agree), {
      numRuns: 300,
      verbose: 1,
    });
  });

  function agree(lines: [string, string][], steps: readonly Step[]): void {
    let map = make(lines);
    let model = new HeaderModel(lines);
    check(map, model);
    for (const step of steps) {
      if (step.do === "clone") {
        const [olderMap, olderModel] = [map, model];
        [map, model] = [map.clone(), new HeaderModel(model.lines)];
        map.set("x-only-in-copy", "1");
        model.set("x-only-in-copy", "1");
        check(olderMap, olderModel);
      } else if (step.do === "delete") {
        map.delete(step.name);
        model.delete(step.name);
      } else {
        map[step.do](step.name, step.value);
        model[step.do](step.name, step.value);
      }
      check(map, model);
    }
  }
}

type Step =
  | { readonly do: "set" | "append"; readonly name: string; readonly value: string }
  | { readonly do: "delete"; readonly name: string }
  | { readonly do: "clone" };

/** Few names in several cases, so that they meet; some of one length and beginning. */
const NAMES = ["a", "A", "ab", "Ab", "aB", "x-tag", "X-Tag", "x-tab", "Set-Cookie", "set-cookie"];
const fieldName = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 1, arbitrary: fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/) },
);
const fieldValue = fc.stringMatching(
  /^(?:[!-~\x80-\xff](?:[ \t!-~\x80-\xff]{0,12}[!-~\x80-\xff])?)?$/,
);
const line = fc.tuple(fieldName, fieldValue);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constantFrom("set" as const, "append" as const),
    name: fieldName,
    value: fieldValue,
  }),
  fc.record({ do: fc.constant("delete" as const), name: fieldName }),
  fc.record({ do: fc.constant("clone" as const) }),
);

function check(map: HeaderMap, model: HeaderModel): void {
  assertEquals([...map], model.lines);
  assertEquals(map.size, model.lines.length);
  for (const name of NAMES) {
    assertEquals(map.getAll(name), model.getAll(name));
    assertEquals(map.get(name), model.get(name));
    assertEquals(map.has(name), model.get(name) !== null);
    const prefix = name.toLowerCase();
    assertEquals(
      map.hasPrefix(prefix),
      model.lines.some(([one]) => one.toLowerCase().startsWith(prefix)),
    );
  }
}
