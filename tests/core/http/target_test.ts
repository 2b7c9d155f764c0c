import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { normalPath, targetQuery } from "../../../core/http/mod.ts";

/** Each target and its normal path; null where servers disagree about what it names. */
type Case = readonly [target: string, path: string | null];

function table(title: string, cases: readonly Case[]): void {
  for (const [target, path] of cases) {
    Deno.test(`normalPath() of ${JSON.stringify(target)} is ${path} (${title})`, () => {
      assertEquals(normalPath(target), path);
    });
  }
}

table("nothing to do", [
  ["/", "/"],
  ["/a", "/a"],
  ["/a/", "/a/"],
  ["/a/b.c/...", "/a/b.c/..."],
  ["/.well-known/x", "/.well-known/x"],
  ["/..a/.b", "/..a/.b"],
  ["/a:b@c;d=e,f!$&'()*+", "/a:b@c;d=e,f!$&'()*+"],
]);

table("query", [
  ["/?", "/"],
  ["/a?b=/../c", "/a"],
  ["/a/../b?c#d", "/b"],
  ["/a%3Fb", "/a%3Fb"],
]);

// Those examples of RFC 3986 §5.4 that have an absolute path, and the two of §5.2.4.
table("RFC 3986 §5.2.4", [
  ["/a/b/c/./../../g", "/a/g"],
  ["/mid/content=5/../6", "/mid/6"],
  ["/b/c/.", "/b/c/"],
  ["/b/c/./", "/b/c/"],
  ["/b/c/..", "/b/"],
  ["/b/c/../", "/b/"],
  ["/b/c/../g", "/b/g"],
  ["/b/c/../..", "/"],
  ["/b/c/../../", "/"],
  ["/b/c/../../g", "/g"],
  ["/./g", "/g"],
  ["/b/c/g.", "/b/c/g."],
  ["/b/c/.g", "/b/c/.g"],
  ["/b/c/g..", "/b/c/g.."],
  ["/b/c/..g", "/b/c/..g"],
  ["/b/c/./g/.", "/b/c/g/"],
  ["/b/c/g/./h", "/b/c/g/h"],
  ["/b/c/g/../h", "/b/c/h"],
  ["/b/c/g;x=1/./y", "/b/c/g;x=1/y"],
  ["/b/c/g;x=1/../y", "/b/c/y"],
]);

table("RFC 3986 §6.2.2: case and percent-encoding", [
  ["/%7Efoo", "/~foo"],
  ["/%7efoo", "/~foo"],
  ["/%41%5a%61%7A%30%39%2D%2e%5F", "/AZaz09-._"],
  ["/a%c3%a9", "/a%C3%A9"],
  ["/a%20b%3b%3d%25", "/a%20b%3B%3D%25"],
  ["/%2e/a", "/a"],
  ["/a/%2E%2e/b", "/b"],
  ["/a/.%2e/b", "/b"],
]);

table("what must not stand in a path counts as encoded, RFC 3986 §2.1", [
  ["/caf\xc3\xa9", "/caf%C3%A9"],
  ['/a"b', "/a%22b"],
  ["/a<b>^`{|}", "/a%3Cb%3E%5E%60%7B%7C%7D"],
]);

table("runs of slashes", [
  ["//", "/"],
  ["//a", "/a"],
  ["/a//b///c", "/a/b/c"],
  ["/a//", "/a/"],
  ["//evil.example/x", "/evil.example/x"],
  ["/a//../b", "/b"],
]);

table("no path", [
  ["*", null],
  ["example.com:443", null],
  ["http://example.com/a", null],
  ["", null],
  ["?a", null],
  ["a", null],
]);

table("attack", [
  ["/..", null],
  ["/../etc/passwd", null],
  ["/a/../../etc/passwd", null],
  ["/%2e%2e/etc/passwd", null],
  ["/a/%2e%2e/%2e%2e/etc/passwd", null],
  ["/static/..%2f..%2fetc/passwd", null],
  ["/static/..%5c..%5cetc", null],
  ["/static/..\\..\\etc", null],
  ["/\\evil.example", null],
  ["/a\\b", null],
  ["/admin%2fusers", null],
  ["/admin%2Fusers", null],
  ["/a%00.png", null],
  ["/a%", null],
  ["/a%4", null],
  ["/a%zz", null],
  ["/a%4g", null],
  ["/%u002e%u002e/a", null],
  ["/a#b", null],
  ["/a\tb", null],
  ["/a b", null],
  ["/a\x7fb", null],
  ["/日", null],
  // Tomcat and Jetty drop ";…" before they look for dot segments, others do not.
  ["/public/..;/admin", null],
  ["/public/..;x=y/admin", null],
  ["/public/.;/admin", null],
  ["/public/%2e%2e;/admin", null],
  ["/public/..%3b/admin", null],
  // Encoded twice stays encoded once: a server that decodes twice is beyond help, but no other is fooled.
  ["/%252e%252e/admin", "/%252e%252e/admin"],
  ["/%25%32%65", "/%252e"],
  ["/%c0%ae%c0%ae/admin", "/%C0%AE%C0%AE/admin"],
]);

const piece = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom("/", "/", ".", "..", "%2e", "%2E", "%2f", "a", "%61", "\\", ";"),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom("%", "%25", "%c3", "\xe9", "#", "?", "%00", "%5c", '"', "~"),
  },
  { weight: 1, arbitrary: fc.stringMatching(/^[!-~]{0,4}$/) },
);
const target = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join("")}`);
const property = { numRuns: 5000, verbose: 1 } as const;

Deno.test("normalPath() of a normal path is that path (property)", () => {
  fc.assert(
    fc.property(target, (target) => {
      const path = normalPath(target);
      if (path !== null) assertEquals(normalPath(path), path);
    }),
    property,
  );
});

Deno.test("normalPath() holds no dot segment, empty segment, raw or encoded slash (property)", () => {
  fc.assert(
    fc.property(target, (target) => {
      const path = normalPath(target);
      if (path === null) return;
      // Visible ASCII that RFC 3986 §3.3 allows, every encoding in upper case and needed.
      assertMatch(path, /^\/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})*$/);
      for (const segment of path.slice(1).split("/").slice(0, -1)) {
        assertEquals(["", ".", ".."].includes(segment), false, path);
      }
      assertEquals(/\/\.{1,2}$|%2F|%5C|%00|%2E/.test(path), false, path);
    }),
    property,
  );
});

Deno.test("normalPath() does not depend on how unreserved characters are written (property)", () => {
  const clean = fc.array(fc.stringMatching(/^[A-Za-z0-9._~-]{1,6}$/), {
    minLength: 1,
    maxLength: 5,
  });
  const written = clean.chain((segments) =>
    fc.tuple(
      fc.constant(segments),
      fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    )
  );
  fc.assert(
    fc.property(written, ([segments, choices]) => {
      const plain = `/${segments.join("/")}`;
      const encoded = [...plain].map((character, at) =>
        character !== "/" && choices[at] ? `%${character.charCodeAt(0).toString(16)}` : character
      ).join("");
      assertEquals(normalPath(encoded), normalPath(plain));
    }),
    property,
  );
});

Deno.test("targetQuery() is what follows the first question mark", () => {
  assertEquals(targetQuery("/a?b?c"), "b?c");
  assertEquals(targetQuery("/a?"), "");
  assertEquals(targetQuery("/a%3Fb"), null);
  assertEquals(targetQuery("*"), null);
});
