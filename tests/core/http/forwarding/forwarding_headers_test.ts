import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ProxyError } from "../../../../errors/mod.ts";
import {
  type Client,
  clientAddress,
  forwardingHeaders,
  type ForwardingHeadersOptions,
  HeaderList,
  TrustedProxies,
} from "../../../../core/http/mod.ts";

const CLIENT: Client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "http" };
const PROXY: Client = { address: "10.0.0.1", port: 4711, transport: "tcp", scheme: "http" };
const trusted = new TrustedProxies(["10.0.0.0/8"]);

/** The fields as they go on, in one text each. */
function sent(
  fields: Record<string, string | string[]>,
  options: Partial<ForwardingHeadersOptions> = {},
): Record<string, string> {
  const headers = new HeaderList(fields);
  forwardingHeaders(headers, { client: CLIENT, host: "example.com", ...options });
  return Object.fromEntries([...headers.keys()].map((name) => [name, headers.get(name) ?? ""]));
}

Deno.test("forwardingHeaders() writes X-Forwarded-For, -Proto and -Host by default", () => {
  assertEquals(sent({ accept: "x" }), {
    accept: "x",
    "x-forwarded-for": "192.0.2.1",
    "x-forwarded-proto": "http",
    "x-forwarded-host": "example.com",
  });
});

Deno.test("forwardingHeaders() writes Forwarded when asked (RFC 7239 §4)", () => {
  assertEquals(sent({}, { fields: "forwarded" }), {
    forwarded: "for=192.0.2.1;host=example.com;proto=http",
  });
  assertEquals(Object.keys(sent({}, { fields: "both" })), [
    "x-forwarded-for",
    "x-forwarded-proto",
    "x-forwarded-host",
    "forwarded",
  ]);
});

Deno.test("forwardingHeaders() quotes IPv6 and a port in Forwarded (RFC 7239 §6)", () => {
  const client: Client = { ...CLIENT, address: "2001:db8::1", scheme: "https" };
  assertEquals(sent({}, { client, host: "example.com:8443", fields: "both" }), {
    "x-forwarded-for": "2001:db8::1",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "example.com:8443",
    forwarded: 'for="[2001:db8::1]";host="example.com:8443";proto=https',
  });
});

Deno.test("forwardingHeaders() leaves the host out when there was none", () => {
  assertEquals(sent({}, { host: "", fields: "both" }), {
    "x-forwarded-for": "192.0.2.1",
    "x-forwarded-proto": "http",
    forwarded: "for=192.0.2.1;proto=http",
  });
});

const FORGED = {
  "X-Forwarded-For": ["127.0.0.1", "10.0.0.1"],
  "x-forwarded-proto": "https",
  "X-FORWARDED-HOST": "evil",
  "x-forwarded-port": "1",
  "x-forwarded-user": "root",
  "x-forwarded-client-cert": "x",
  "X-Real-Ip": "127.0.0.1",
  Forwarded: "for=127.0.0.1",
};
const OTHERS = {
  "x-forwarder": "1",
  "x-real-ips": "2",
  forward: "3",
  "x-forwarded": "4",
  xyforwarded: "5",
};

Deno.test("forwardingHeaders() drops all that an untrusted peer says, in any case and order", () => {
  const without = sent({ ...OTHERS });
  assertEquals(sent({ ...FORGED, ...OTHERS }), without);
  assertEquals(sent({ ...FORGED, ...OTHERS }, { trusted }), without);
});

Deno.test("forwardingHeaders() with none tells nothing and still drops what is forged", () => {
  assertEquals(sent({ ...FORGED, ...OTHERS }, { fields: "none" }), OTHERS);
});

Deno.test("forwardingHeaders() with none leaves a trusted peer's word as it came", () => {
  const fields = { "x-forwarded-for": "192.0.2.1", "x-real-ip": "192.0.2.1", forwarded: "for=_a" };
  assertEquals(sent(fields, { client: PROXY, trusted, fields: "none" }), fields);
});

Deno.test("forwardingHeaders() adds a trusted peer to the chain and keeps the rest", () => {
  const fields = {
    "x-forwarded-for": ["198.51.100.1", "192.0.2.1"],
    "x-forwarded-proto": "https",
    "x-forwarded-host": "example.org",
    "x-forwarded-port": "8443",
    "x-forwarded-user": "alice",
  };
  assertEquals(sent(fields, { client: PROXY, trusted, withPort: true }), {
    "x-forwarded-for": "198.51.100.1, 192.0.2.1, 10.0.0.1",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "example.org",
    "x-forwarded-port": "8443",
    "x-forwarded-user": "alice",
  });
});

Deno.test("forwardingHeaders() writes what a trusted peer did not", () => {
  assertEquals(sent({ "x-forwarded-for": "" }, { client: PROXY, trusted, fields: "both" }), {
    "x-forwarded-for": "10.0.0.1",
    "x-forwarded-proto": "http",
    "x-forwarded-host": "example.com",
    forwarded: "for=10.0.0.1;host=example.com;proto=http",
  });
});

Deno.test("forwardingHeaders() adds an element to a trusted peer's Forwarded", () => {
  const fields = { forwarded: "for=192.0.2.1;proto=https" };
  assertEquals(sent(fields, { client: PROXY, trusted, fields: "forwarded" }), {
    forwarded: "for=192.0.2.1;proto=https, for=10.0.0.1;host=example.com;proto=http",
  });
});

Deno.test("forwardingHeaders() carries what is certain in Forwarded over to X-Forwarded-* (RFC 7239 §7.4)", () => {
  const forwarded = "for=127.0.0.1, for=192.0.2.1;proto=https;host=example.org, for=10.0.0.2";
  assertEquals(sent({ forwarded }, { client: PROXY, trusted }), {
    forwarded,
    "x-forwarded-for": "192.0.2.1, 10.0.0.1",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "example.org",
  });
});

Deno.test("forwardingHeaders() carries what is certain in X-Forwarded-* over to Forwarded (RFC 7239 §7.4)", () => {
  const fields = {
    "x-forwarded-for": "127.0.0.1, 192.0.2.1, 10.0.0.2",
    "x-forwarded-proto": "https",
  };
  assertEquals(
    sent(fields, { client: PROXY, trusted, fields: "forwarded" }).forwarded,
    [
      "for=192.0.2.1;host=example.com;proto=https",
      "for=10.0.0.1;host=example.com;proto=http",
    ].join(", "),
  );
});

Deno.test("forwardingHeaders() throws bad_request when a trusted peer's Forwarded cannot be carried over", () => {
  const error = assertThrows(
    () => sent({ forwarded: 'for="' }, { client: PROXY, trusted }),
    ProxyError,
  );
  assertEquals(error.kind, "bad_request");
});

const UNIX: Client = { address: "", port: 0, transport: "unix", scheme: "http" };
const MEMORY: Client = { address: "", port: 0, transport: "memory", scheme: "https" };

Deno.test("forwardingHeaders() names clients that have no address", () => {
  const written = (client: Client) => {
    const fields = sent({}, { client, fields: "both" });
    return [fields["x-forwarded-for"], fields.forwarded];
  };
  assertEquals(written(UNIX), ["unix:", "for=unknown;host=example.com;proto=http"]);
  assertEquals(written(MEMORY), ["unknown", "for=unknown;host=example.com;proto=https"]);
});

Deno.test("forwardingHeaders() continues the chain of a trusted unix socket", () => {
  const options = { client: UNIX, trusted: new TrustedProxies(["unix"]) };
  assertEquals(
    sent({ "x-forwarded-for": "192.0.2.1" }, options)["x-forwarded-for"],
    "192.0.2.1, unix:",
  );
});

for (
  const [host, scheme, port] of [
    ["example.com", "http", "80"],
    ["example.com", "https", "443"],
    ["example.com:8080", "https", "8080"],
    ["[::1]:81", "http", "81"],
    ["[::1]", "http", "80"],
    ["", "http", "80"],
  ] as const
) {
  Deno.test(`forwardingHeaders() withPort writes ${port} for ${scheme} and "${host}"`, () => {
    const client: Client = { ...CLIENT, scheme };
    assertEquals(sent({}, { client, host, withPort: true })["x-forwarded-port"], port);
  });
}

Deno.test("forwardingHeaders() at two proxies lets the server find the client, whatever it sends (property)", () => {
  const name = fc.constantFrom(...Object.keys(FORGED), "x-forwarded-ssl", "accept");
  const line = fc.tuple(
    name,
    fc.constantFrom("127.0.0.1", "10.0.0.9", "https", 'for="', "for=10.0.0.9"),
  );
  const fields = fc.constantFrom("x-forwarded" as const, "forwarded" as const, "both" as const);
  fc.assert(
    fc.property(fc.array(line), fields, fields, (lines, first, second) => {
      const headers = new HeaderList(lines);
      const client: Client = { ...CLIENT, scheme: "https" };
      forwardingHeaders(headers, { client, host: "example.com", trusted, fields: first });
      forwardingHeaders(headers, { client: PROXY, host: "inner", trusted, fields: second });
      for (const believe of ["x-forwarded", "forwarded"] as const) {
        if (second !== "both" && second !== believe) continue;
        assertEquals(clientAddress(headers, "10.0.0.2", { trusted, believe }), {
          address: "192.0.2.1",
          scheme: "https",
          host: "example.com",
        });
      }
    }),
    { numRuns: 500, verbose: 1 },
  );
});
