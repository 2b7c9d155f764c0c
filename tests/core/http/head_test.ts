import { assertEquals, assertThrows } from "@std/assert";
import {
  cloneRequestHead,
  hasNoContent,
  HeaderList,
  requestHead,
  responseHead,
} from "../../../core/http/mod.ts";

Deno.test("requestHead() has the defaults of a plain GET", () => {
  const { method, target, scheme, version, authority, headers } = requestHead();
  assertEquals([method, target, scheme, version, authority, headers.size], [
    ...["GET", "/", "http", "1.1", ""],
    0,
  ]);
});

Deno.test("requestHead() writes the authority into Host, the one place where it lies", () => {
  const head = requestHead({ authority: "a", headers: { Host: "b" } });
  assertEquals([head.authority, head.headers.get("host")], ["a", "a"]);
  head.headers.set("host", "c");
  assertEquals(head.authority, "c");
});

for (const method of ["", "G T", "GET\r\n", "GÉT", "a:b"]) {
  Deno.test(`requestHead() refuses the method ${JSON.stringify(method)} (RFC 9110 §9.1)`, () => {
    assertThrows(() => requestHead({ method }), TypeError, "not a token");
  });
}

for (const target of ["", " ", "/a b", "/a\r\nx: y", "/a\0", "/a\x7f", "/日"]) {
  Deno.test(`requestHead() refuses the target ${JSON.stringify(target)} (RFC 9112 §3.2)`, () => {
    assertThrows(() => requestHead({ target }), TypeError, "target");
  });
}

Deno.test("requestHead() takes any other target as it is", () => {
  for (const target of ["*", "a:443", "/a/../b", '/"<>\\^`{|}', "/\xe9", "//x", "/#"]) {
    assertEquals(requestHead({ target }).target, target);
  }
});

Deno.test("cloneRequestHead() changes apart from its original", () => {
  const head = requestHead({ method: "PUT", target: "/a", scheme: "https", authority: "a" });
  const copy = cloneRequestHead(head);
  copy.method = "GET";
  copy.target = "/b";
  copy.authority = "b";
  assertEquals([head.method, head.target, head.authority], ["PUT", "/a", "a"]);
  assertEquals([copy.scheme, copy.version, copy.authority], ["https", "1.1", "b"]);
});

Deno.test("responseHead() takes a status from 100 to 599", () => {
  assertEquals(responseHead(100).status, 100);
  assertEquals(responseHead(599, { a: "1" }, { reason: "x" }).reason, "x");
  for (const status of [99, 600, 200.5, NaN]) {
    assertThrows(() => responseHead(status), RangeError, "100 to 599");
  }
});

Deno.test("responseHead() copies the fields that it is made from", () => {
  const from = new HeaderList({ a: "1" });
  const head = responseHead(200, from);
  head.headers.set("a", "2");
  assertEquals(from.get("a"), "1");
});

Deno.test("hasNoContent() is true for HEAD, 1xx, 204, 205 and 304 (RFC 9110 §6.4.1)", () => {
  for (const status of [100, 101, 103, 204, 205, 304]) {
    assertEquals(hasNoContent("GET", status), true);
  }
  for (const status of [200, 201, 206, 301, 400, 500]) {
    assertEquals(hasNoContent("POST", status), false);
    assertEquals(hasNoContent("HEAD", status), true);
  }
});
