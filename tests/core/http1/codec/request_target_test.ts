import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { isAuthority } from "../../../../core/http/mod.ts";
import { TargetForm } from "../../../../core/http1/codec/mod.ts";
import { parseRequest, request } from "./_support.ts";

interface Target {
  readonly name: string;
  readonly line: string;
  readonly host?: string;
  readonly form: TargetForm;
  readonly target: string;
  readonly authority: string;
}

const { ORIGIN, ABSOLUTE, AUTHORITY, ASTERISK } = TargetForm;

const TARGETS: readonly Target[] = [
  {
    name: "§3.2.1: origin-form, byte for byte",
    line: "GET /a/../b//%7e?x=/.. HTTP/1.1",
    form: ORIGIN,
    target: "/a/../b//%7e?x=/..",
    authority: "a",
  },
  {
    name: "§3.2.1: two slashes are a path, no authority",
    line: "GET //evil/x HTTP/1.1",
    form: ORIGIN,
    target: "//evil/x",
    authority: "a",
  },
  {
    name: "§3.2.2: absolute-form replaces Host",
    line: "GET http://b.example:8080/x?y HTTP/1.1",
    form: ABSOLUTE,
    target: "/x?y",
    authority: "b.example:8080",
  },
  {
    name: "§3.2.2: the scheme in any case",
    line: "GET HTTPS://b/x HTTP/1.1",
    form: ABSOLUTE,
    target: "/x",
    authority: "b",
  },
  {
    name: "§3.2.2: absolute-form in HTTP/1.0 without Host",
    line: "GET http://b/x HTTP/1.0",
    host: "",
    form: ABSOLUTE,
    target: "/x",
    authority: "b",
  },
  {
    name: "§3.2.1: an empty path is /",
    line: "GET http://b HTTP/1.1",
    form: ABSOLUTE,
    target: "/",
    authority: "b",
  },
  {
    name: "§3.2.1: an empty path before a query is /",
    line: "GET http://b?x HTTP/1.1",
    form: ABSOLUTE,
    target: "/?x",
    authority: "b",
  },
  {
    name: "§3.2.2: an IPv6 address",
    line: "GET http://[::1]:80/ HTTP/1.1",
    form: ABSOLUTE,
    target: "/",
    authority: "[::1]:80",
  },
  {
    name: "§3.2.3: authority-form of CONNECT, which is the authority",
    line: "CONNECT b.example:443 HTTP/1.1",
    form: AUTHORITY,
    target: "b.example:443",
    authority: "b.example:443",
  },
  {
    name: "§3.2.4: asterisk-form of OPTIONS",
    line: "OPTIONS * HTTP/1.1",
    form: ASTERISK,
    target: "*",
    authority: "a",
  },
  {
    name: "§3.2.4: absolute-form of OPTIONS without a path is *",
    line: "OPTIONS http://b HTTP/1.1",
    form: ABSOLUTE,
    target: "*",
    authority: "b",
  },
  {
    name: "§3.2.4: absolute-form of OPTIONS with a path",
    line: "OPTIONS http://b/ HTTP/1.1",
    form: ABSOLUTE,
    target: "/",
    authority: "b",
  },
];

for (const { name, line, host = "Host: a\r\n", form, target, authority } of TARGETS) {
  Deno.test(`parse() takes a target: RFC 9112 ${name}`, () => {
    const { fault, head } = parseRequest(request(host, line));
    assertEquals(fault, null);
    assertEquals([head.form, head.target, head.authority], [form, target, authority]);
    assertEquals(head.headers.get("host"), head.authority);
  });
}

const REFUSED: readonly (readonly [name: string, line: string])[] = [
  ["§3.2.1: no slash first", "GET a HTTP/1.1"],
  ["§3.2.1: a query alone", "GET ?a HTTP/1.1"],
  ["§3.2.2: a scheme that is not http", "GET ftp://b/ HTTP/1.1"],
  ["§3.2.2: a scheme that begins like http", "GET httpx://b/ HTTP/1.1"],
  ["§3.2.2: one slash", "GET http:/b/ HTTP/1.1"],
  ["§3.2.2: no authority", "GET http:///x HTTP/1.1"],
  ["§3.2.2: a port alone", "GET http://:80/x HTTP/1.1"],
  ["§3.2.2: user information (RFC 9110 §4.2.4)", "GET http://u:p@b/x HTTP/1.1"],
  ["§3.2.2: a backslash in the authority", "GET http://b\\c/x HTTP/1.1"],
  ["§3.2.2: a port of letters", "GET http://b:http/x HTTP/1.1"],
  ["§3.2.2: a port of six digits", "GET http://b:000080/x HTTP/1.1"],
  ["§3.2.2: an address that is not closed", "GET http://[::1/x HTTP/1.1"],
  ["§3.2.3: authority-form of GET", "GET b:443 HTTP/1.1"],
  ["§3.2.3: CONNECT without a port", "CONNECT b HTTP/1.1"],
  ["§3.2.3: CONNECT with an empty port", "CONNECT b: HTTP/1.1"],
  ["§3.2.3: CONNECT with port 0", "CONNECT b:0 HTTP/1.1"],
  ["§3.2.3: CONNECT with port 65536", "CONNECT b:65536 HTTP/1.1"],
  ["§3.2.3: CONNECT with origin-form", "CONNECT / HTTP/1.1"],
  ["§3.2.3: CONNECT with absolute-form", "CONNECT http://b:80/ HTTP/1.1"],
  ["§3.2.4: asterisk-form of GET", "GET * HTTP/1.1"],
  ["§3.2.4: more than an asterisk", "OPTIONS *x HTTP/1.1"],
];

for (const [name, line] of REFUSED) {
  Deno.test(`parse() refuses a target with 400: RFC 9112 ${name}`, () => {
    const { fault, status } = parseRequest(request("Host: a\r\n", line));
    assertEquals([fault, status], ["TARGET_FORM", 400]);
  });
}

const HOSTS: readonly (readonly [name: string, lines: string, fault: string | null])[] = [
  ["none in HTTP/1.1", "", "HOST_MISSING"],
  ["two", "Host: a\r\nHost: b\r\n", "HOST_REPEATED"],
  ["twice the same", "Host: a\r\nX: 1\r\nhost: a\r\n", "HOST_REPEATED"],
  ["empty", "Host:\r\n", "HOST"],
  ["a list", "Host: a, b\r\n", "HOST"],
  ["a blank in it", "Host: a b\r\n", "HOST"],
  ["user information", "Host: u@a\r\n", "HOST"],
  ["a path", "Host: a/b\r\n", "HOST"],
  ["a URI", "Host: http://a\r\n", "HOST"],
  ["a port of letters", "Host: a:b\r\n", "HOST"],
  ["two ports", "Host: a:1:2\r\n", "HOST"],
  ["a byte above ASCII", "Host: \xe9\r\n", "HOST"],
  ["an IPv6 address without brackets", "Host: ::1\r\n", "HOST"],
  ["a name with a port", "Host: a.example:80\r\n", null],
  ["an IPv6 address", "Host: [2001:db8::1]:80\r\n", null],
  ["an underscore", "Host: a_b\r\n", null],
];

for (const [name, lines, fault] of HOSTS) {
  const what = fault === null ? "takes" : "refuses with 400";
  Deno.test(`parse() ${what} Host: ${name} (RFC 9112 §3.2)`, () => {
    assertEquals(parseRequest(request(lines)).fault, fault);
    // An absolute-form target replaces Host, but a bad one is refused all the same.
    assertEquals(parseRequest(request(lines, "GET http://a/ HTTP/1.1")).fault, fault);
  });
}

Deno.test("parse() needs no Host in HTTP/1.0, but refuses two (RFC 9112 §3.2)", () => {
  assertEquals(parseRequest(request("", "GET / HTTP/1.0")).head.authority, "");
  const twice = request("Host: a\r\nHost: a\r\n", "GET / HTTP/1.0");
  assertEquals(parseRequest(twice).fault, "HOST_REPEATED");
});

Deno.test("parse() takes and refuses the same hosts as isAuthority() (property)", () => {
  const host = fc.oneof(
    fc.stringMatching(/^[!-~\x80-\xff]{0,12}$/),
    fc.stringMatching(/^[a-c.:[\]0-9@]{0,9}$/),
    fc.stringMatching(/^\[[0-9a-g:.]{0,6}\]?:?[0-9x]{0,6}$/),
  );
  fc.assert(
    fc.property(host, (host) => {
      const { fault } = parseRequest(request(`Host: ${host}\r\n`));
      assertEquals(fault, isAuthority(host) ? null : "HOST");
    }),
    { numRuns: 3_000, verbose: 1 },
  );
});

Deno.test("target and authority give no new string for the same bytes", () => {
  const { head } = parseRequest(request("Host: a\r\n", "GET /some/target HTTP/1.1"));
  assertEquals([head.target, head.target], ["/some/target", "/some/target"]);
  head.target = "/other";
  assertEquals([head.target, head.isLineReceived], ["/other", false]);
});
