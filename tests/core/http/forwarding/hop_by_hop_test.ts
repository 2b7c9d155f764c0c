import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProxyError } from "../../../../errors/mod.ts";
import {
  HeaderList,
  removeHopByHop,
  type RemoveHopByHopOptions,
} from "../../../../core/http/mod.ts";

/** What is left of the fields. */
function left(
  init: Record<string, string | string[]>,
  options?: RemoveHopByHopOptions,
): [string, string][] {
  const headers = new HeaderList(init);
  removeHopByHop(headers, options);
  return [...headers];
}

const FIXED = [
  "Connection",
  "Keep-Alive",
  "Proxy-Connection",
  "TE",
  "Trailer",
  "Transfer-Encoding",
  "Upgrade",
  "Proxy-Authorization",
];

for (const name of FIXED) {
  Deno.test(`removeHopByHop() removes ${name} without a nomination (RFC 9110 §7.6.1)`, () => {
    assertEquals(left({ a: "1", [name]: "x", b: "2" }), [["a", "1"], ["b", "2"]]);
  });
}

Deno.test("removeHopByHop() leaves everything else as it is", () => {
  const lines = { Host: "a", "Content-Length": "3", "X-Tag": ["1", "2"], cookie: "c" };
  const before = [...new HeaderList(lines)];
  assertEquals(left(lines), before);
  assertEquals(left(lines, { message: "response" }), before);
});

Deno.test("removeHopByHop() removes what Connection nominates, on several lines and in any case", () => {
  const fields = {
    connection: ["close, X-A", " ,x-b ,"],
    "X-a": "1",
    "X-B": ["2", "3"],
    "x-c": "4",
  };
  assertEquals(left(fields), [["x-c", "4"]]);
});

const END_TO_END = [
  "Authorization",
  "Cookie",
  "Host",
  "Content-Length",
  "Content-Type",
  "Content-Security-Policy",
  "Cache-Control",
  "Expect",
  "Forwarded",
  "If-None-Match",
  "Origin",
  "Sec-Fetch-Site",
  "Set-Cookie",
  "Traceparent",
  "Via",
  "X-Forwarded-For",
  "X-Forwarded-User",
  "X-Real-IP",
];

for (const name of END_TO_END) {
  Deno.test(`removeHopByHop() does not let Connection nominate ${name} away`, () => {
    assertEquals(left({ connection: `keep-alive, ${name}`, [name]: "x" }), [[name, "x"]]);
  });
}

for (const message of ["request", "response"] as const) {
  const kind = message === "request" ? "bad_request" : "bad_response";
  const values = ["close; x", "a b", '"x"', "close,(a)", "a\xe9", "x:y", Array(34).join("a,")];
  for (const value of values) {
    Deno.test(`removeHopByHop() throws ${kind} for Connection: ${value.slice(0, 20)}`, () => {
      const headers = new HeaderList({ connection: value, te: "x" });
      const error = assertThrows(() => removeHopByHop(headers, { message }), ProxyError);
      assertEquals(error.kind, kind);
      assertEquals(headers.size, 2);
    });
  }
}

Deno.test("removeHopByHop() takes an empty Connection for none (RFC 9110 §5.6.1.2)", () => {
  assertEquals(left({ connection: ",, ,", a: "1" }), [["a", "1"]]);
});

Deno.test("removeHopByHop() returns Upgrade when Connection nominates it (RFC 9110 §7.8)", () => {
  const upgrade = { connection: "keep-alive, Upgrade", upgrade: "websocket" };
  const headers = new HeaderList(upgrade);
  assertEquals(removeHopByHop(headers), "websocket");
  assertEquals([...headers], []);
  assertEquals(removeHopByHop(new HeaderList({ upgrade: "websocket" })), null);
  assertEquals(removeHopByHop(new HeaderList({ connection: "upgrade" })), null);
});

Deno.test("removeHopByHop() with keepUpgrade keeps Upgrade and writes Connection: upgrade alone", () => {
  const keep = { keepUpgrade: true };
  const upgrade = { connection: "x-a, Upgrade", upgrade: "websocket", "x-a": "1" };
  assertEquals(left(upgrade, keep), [["upgrade", "websocket"], ["connection", "upgrade"]]);
  assertEquals(left({ upgrade: "websocket", connection: "close" }, keep), []);
  assertEquals(left({ connection: "upgrade" }, keep), []);
});

Deno.test("removeHopByHop() with keepTeTrailers keeps trailers and no other member (RFC 9113 §8.2.2)", () => {
  const keep = { keepTeTrailers: true };
  assertEquals(left({ te: "trailers" }, keep), [["te", "trailers"]]);
  assertEquals(left({ connection: "TE", te: "deflate;q=0.5, Trailers" }, keep), [[
    "te",
    "trailers",
  ]]);
  assertEquals(left({ te: "deflate" }, keep), []);
  assertEquals(left({ te: ["gzip", "trailers"] }, keep), [["te", "trailers"]]);
});

Deno.test("removeHopByHop() with keepTrailer keeps Trailer, also a nominated one", () => {
  const fields = { connection: "trailer", trailer: "x-sum" };
  assertEquals(left(fields, { keepTrailer: true }), [["trailer", "x-sum"]]);
});

Deno.test("removeHopByHop() removes proxy authentication by its direction (RFC 9110 §11.7)", () => {
  const fields = {
    "proxy-authorization": "Basic x",
    "proxy-authenticate": "Basic",
    "proxy-authentication-info": "x",
  };
  assertEquals(left(fields).map(([name]) => name), [
    "proxy-authenticate",
    "proxy-authentication-info",
  ]);
  assertEquals(left(fields, { message: "response" }), [["proxy-authorization", "Basic x"]]);
  assertEquals(left(fields, { keepProxyAuth: true }).length, 3);
  assertEquals(left(fields, { keepProxyAuth: true, message: "response" }).length, 3);
});

Deno.test("removeHopByHop() leaves nothing that is hop-by-hop and all that is not (property)", () => {
  const name = fc.constantFrom(...FIXED, ...END_TO_END, "x-a", "x-b", "X-A");
  const line = fc.tuple(name.filter((one) => one !== "Connection"), fc.constant("1"));
  const options = fc.array(fc.constantFrom(...END_TO_END, "x-a", "x-c", "close", ""), {
    maxLength: 5,
  });
  fc.assert(
    fc.property(fc.array(line), options, (lines, nominated) => {
      const headers = new HeaderList([...lines, ["connection", nominated.join(", ")]]);
      removeHopByHop(headers);
      const gone = new Set([...FIXED, ...nominated].map((one) => one.toLowerCase()));
      for (const one of END_TO_END) gone.delete(one.toLowerCase());
      assertEquals([...headers], lines.filter(([one]) => !gone.has(one.toLowerCase())));
    }),
    { numRuns: 300, verbose: 1 },
  );
});
