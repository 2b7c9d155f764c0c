import { assertEquals, assertThrows } from "@std/assert";
import { TrustedProxies } from "@pingo/pingo/core";
import { byClientAddress, byCookie, byHeader, byPath } from "@pingo/pingo/loadbalancing";
import { exchange } from "./_support.ts";

const cookies: { name: string; header: string | [string, string][]; value: string | null }[] = [
  { name: "the only one", header: "sid=1", value: "1" },
  { name: "one among others", header: "a=0; sid=1; b=2", value: "1" },
  { name: "one without blanks", header: "a=0;sid=1;b=2", value: "1" },
  { name: "the first of two", header: "sid=1; sid=2", value: "1" },
  { name: "a quoted one", header: 'sid="1"', value: "1" },
  { name: "an empty one", header: "sid=; a=1", value: "" },
  { name: "one with = in it", header: "sid=a=b==", value: "a=b==" },
  { name: "one in a second line", header: [["cookie", "a=1"], ["Cookie", "sid=2"]], value: "2" },
  { name: "none of a longer name", header: "xsid=1; sidx=2; sid", value: null },
  { name: "none of another case", header: "SID=1", value: null },
  { name: "none in another's value", header: "a=sid=1", value: null },
  { name: "none without the field", header: [], value: null },
  { name: "none in a broken field", header: ";;=;= ;sid", value: null },
];
for (const { name, header, value } of cookies) {
  Deno.test(`byCookie() finds ${name}`, () => {
    const headers = typeof header === "string" ? { cookie: header } : header;
    assertEquals(byCookie("sid")(exchange({ headers })), value);
  });
}

Deno.test("byHeader() joins lines, and is null without any", () => {
  const headers: [string, string][] = [["X-T", "a"], ["x-t", "b"]];
  assertEquals(byHeader("x-t")(exchange({ headers })), "a, b");
  assertEquals(byHeader("x-t")(exchange()), null);
});

Deno.test("byHeader() and byCookie() refuse what is no token", () => {
  assertThrows(() => byHeader("a b"), TypeError, "a b");
  assertThrows(() => byCookie(""), TypeError, "token");
});

const paths: { target: string; plain: string; withQuery: string }[] = [
  { target: "/a", plain: "/a", withQuery: "/a" },
  { target: "/a/../b?x=1", plain: "/b", withQuery: "/b?x=1" },
  { target: "*", plain: "*", withQuery: "*" },
];
for (const { target, plain, withQuery } of paths) {
  Deno.test(`byPath() of ${target} is ${plain}, with the query ${withQuery}`, () => {
    assertEquals(byPath()(exchange({ target })), plain);
    assertEquals(byPath({ withQuery: true })(exchange({ target })), withQuery);
  });
}

Deno.test("byClientAddress() takes the connection's address in its own form", () => {
  assertEquals(byClientAddress()(exchange({ address: "::ffff:192.0.2.7" })), "192.0.2.7");
  assertEquals(byClientAddress()(exchange({ address: "" })), null);
});

Deno.test("byClientAddress() believes trusted proxies alone", () => {
  const key = byClientAddress({ trusted: new TrustedProxies(["10.0.0.0/8"]) });
  const headers = { "x-forwarded-for": "198.51.100.4" };
  assertEquals(key(exchange({ address: "10.0.0.1", headers })), "198.51.100.4");
  assertEquals(key(exchange({ address: "192.0.2.1", headers })), "192.0.2.1");
});
