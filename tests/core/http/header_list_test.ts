import { assertEquals, assertThrows } from "@std/assert";
import { HeaderList, isFieldValue, isToken, trimFieldValue } from "../../../core/http/mod.ts";
import { headerMapSuite } from "./header_map_suite.ts";

headerMapSuite("HeaderList", (lines) => new HeaderList(lines));
headerMapSuite("HeaderList.fromTrusted()", (lines) => HeaderList.fromTrusted(lines));

Deno.test("HeaderList() takes pairs, a record, the web's Headers and another map", () => {
  const expected = [["a", "1"], ["b", "2"]];
  assertEquals([...new HeaderList([["a", "1"], ["b", "2"]])], expected);
  assertEquals([...new HeaderList({ a: "1", b: "2" })], expected);
  assertEquals([...new HeaderList(new Headers({ b: "2", a: "1" }))], expected);
  assertEquals([...new HeaderList(new HeaderList({ a: "1", b: "2" }))], expected);
  assertEquals([...new HeaderList()], []);
});

Deno.test("HeaderList() makes a line of each value when a record has several", () => {
  assertEquals([...new HeaderList({ a: ["1", "2"] })], [["a", "1"], ["a", "2"]]);
});

Deno.test("HeaderList() keeps each Set-Cookie of the web's Headers", () => {
  const web = new Headers([["set-cookie", "a=1"], ["set-cookie", "b=2"]]);
  assertEquals(new HeaderList(web).getSetCookie(), ["a=1", "b=2"]);
});

Deno.test("HeaderList() refuses what append() refuses", () => {
  assertThrows(() => new HeaderList([["a b", "1"]]), TypeError, '"a b" is not a token');
  assertThrows(() => new HeaderList({ a: "1\r\nb: 2" }), TypeError, "control");
});

Deno.test("HeaderList does not tell the value that it refuses", () => {
  const error = assertThrows(() => new HeaderList({ authorization: "secret\n" + "x" }), TypeError);
  assertEquals(error.message.includes("secret"), false);
});

Deno.test("isToken() is true for exactly the characters of RFC 9110 §5.6.2", () => {
  const allowed = new Set(
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
  );
  for (let c = 0; c < 0x200; c++) {
    const character = String.fromCharCode(c);
    assertEquals(isToken(character), allowed.has(character), `U+${c.toString(16)}`);
  }
});

Deno.test("isFieldValue() refuses controls but tab and what is above a byte (RFC 9110 §5.5)", () => {
  for (let c = 0; c < 0x200; c++) {
    const isFine = c === 9 || (c >= 32 && c !== 127 && c <= 255);
    assertEquals(isFieldValue(`a${String.fromCharCode(c)}b`), isFine, `U+${c.toString(16)}`);
  }
});

Deno.test("trimFieldValue() takes off blanks and tabs, nothing else", () => {
  assertEquals(trimFieldValue(" \t a b\t "), "a b");
  assertEquals(trimFieldValue("\xa0a\xa0"), "\xa0a\xa0");
  assertEquals(trimFieldValue(" \t"), "");
});
