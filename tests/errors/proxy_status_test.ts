import { assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { ProxyError, proxyStatus } from "@pingo/pingo/errors";

/** One member of an sf-list with parameters (RFC 9651 §3.1, ABNF of §3.3). */
const SF_ITEM =
  /^(?:[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*|"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*")(?:; ?[a-z*][a-z0-9_\-.*]*=(?:[A-Za-z*][\w!#$%&'*+\-.^`|~:/]*|"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"))*$/;

const NAMES: [name: string, expected: string][] = [
  ["pinGo", "pinGo"],
  ["edge-1.example.org:443", "edge-1.example.org:443"],
  ["*", "*"],
  ["1edge", '"1edge"'],
  ["Example CDN", '"Example CDN"'],
  ['a"b\\c', '"a\\"b\\\\c"'],
  ["Zürich\r\nSet-Cookie: x", '"Z?rich??Set-Cookie: x"'],
  ["", '""'],
];
for (const [proxyName, expected] of NAMES) {
  Deno.test(`proxyStatus() writes the name ${JSON.stringify(proxyName)} (RFC 9209 §2)`, () => {
    assertEquals(
      proxyStatus(new ProxyError("connect_refused"), { proxyName }),
      `${expected}; error=connection_refused`,
    );
  });
}

Deno.test("proxyStatus() is null when nobody is there to read it", () => {
  assertEquals(proxyStatus(new ProxyError("client_gone")), null);
});

Deno.test("proxyStatus() has no details unless asked for", () => {
  const error = new ProxyError("dns_failed", 'Cannot resolve "db.internal"');
  assertEquals(proxyStatus(error), "pinGo; error=dns_error");
  assertEquals(
    proxyStatus(error, { showDetail: true }),
    'pinGo; error=dns_error; details="dns_failed: Cannot resolve \\"db.internal\\""',
  );
});

Deno.test("proxyStatus() is a valid structured field for any text (property)", () => {
  const text = fc.string({ unit: "binary", maxLength: 2_000 });
  fc.assert(
    fc.property(text, text, (proxyName, message) => {
      const error = new ProxyError("internal", message);
      assertMatch(proxyStatus(error, { proxyName, showDetail: true }) ?? "", SF_ITEM);
    }),
    { verbose: 1 },
  );
});
