import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type ParsedProxyHeader,
  parseProxyHeader,
  type ProxyHeader,
  writeProxyHeader,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { headerV1, headerV2 } from "./_arbitrary_header.ts";
import { bytesOf, concat } from "./_bytes.ts";

const header = fc.oneof(headerV1, headerV2);

/** What the parser makes of bytes: the header, "more", or why it refuses them. */
function outcome(bytes: Uint8Array): ParsedProxyHeader | string {
  try {
    return parseProxyHeader(bytes) ?? "more";
  } catch (error) {
    assert(error instanceof ProxyError, String(error));
    assertEquals(error.kind, "bad_request");
    return error.message;
  }
}

/** The same, when the bytes come one by one. */
function slowOutcome(bytes: Uint8Array): ParsedProxyHeader | string {
  for (let end = 0; end <= bytes.byteLength; end++) {
    const result = outcome(bytes.slice(0, end));
    if (result !== "more") return result;
  }
  return "more";
}

/** Addresses in the form that the URL parser gives them. */
function normalized(header: ProxyHeader): ProxyHeader {
  const end = (endpoint: ProxyHeader["source"]) => {
    if (endpoint === null || !header.transport.endsWith("6")) return endpoint;
    if (/^::ffff:[\d.]+$/.test(endpoint.address)) return endpoint;
    return { ...endpoint, address: new URL(`http://[${endpoint.address}]`).hostname.slice(1, -1) };
  };
  return { ...header, source: end(header.source), destination: end(header.destination) };
}

/** IPv4 in IPv6 is written so here and in groups by the URL parser. */
const hasMappedGroups = ({ source, destination }: ProxyHeader): boolean =>
  [source, destination].some((end) => /^(?:0*:)+f{4}:(?![\d.]+$)/i.test(end?.address ?? ""));

Deno.test("parseProxyHeader() gives back what writeProxyHeader() wrote, and leaves what is behind it", () => {
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 20 }), (header, rest) => {
      fc.pre(!hasMappedGroups(header));
      const bytes = writeProxyHeader(header);
      const parsed = parseProxyHeader(concat(bytes, rest));
      assertEquals(parsed, { header: normalized(header), byteLength: bytes.byteLength });
    }),
    { numRuns: 2_000 },
  );
});

Deno.test("parseProxyHeader() reads the same in whatever pieces a header comes", () => {
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 20 }), (header, rest) => {
      const bytes = concat(writeProxyHeader(header), rest);
      assertEquals(slowOutcome(bytes), outcome(bytes));
    }),
    { numRuns: 500 },
  );
});

Deno.test("parseProxyHeader() refuses the same in whatever pieces damaged bytes come", () => {
  const likely = fc.constantFrom(...bytesOf("0123456789abcdef:. "));
  const damage = fc.record({
    at: fc.nat(300),
    byte: fc.oneof(fc.nat(255), likely),
    cut: fc.nat(300),
  });
  let refused = 0;
  let accepted = 0;
  fc.assert(
    fc.property(header, damage, (header, { at, byte, cut }) => {
      const whole = writeProxyHeader(header);
      whole[at % whole.byteLength] = byte;
      const bytes = whole.slice(0, cut > 150 ? undefined : cut);
      const fast = outcome(bytes);
      if (typeof fast !== "string") accepted++;
      else if (fast !== "more") refused++;
      assertEquals(slowOutcome(bytes), fast);
    }),
    { numRuns: 2_000 },
  );
  assert(refused > 200 && accepted > 20, `${refused} refused, ${accepted} accepted`);
});

Deno.test("parseProxyHeader() never throws anything but a ProxyError, whatever the bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      assertEquals(slowOutcome(bytes), outcome(bytes));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("parseProxyHeader() verifies no checksum when one bit is another", () => {
  const checked = headerV2.filter(({ transport }) => transport !== "unknown")
    .map((header) => ({ ...header, tlvs: { ...header.tlvs, hasChecksum: true } }));
  fc.assert(
    fc.property(checked, fc.nat(), (header, bit) => {
      const bytes = writeProxyHeader(header);
      const at = bit % ((bytes.byteLength - 16) * 8);
      bytes[16 + (at >> 3)] ^= 1 << (at & 7);
      const result = outcome(bytes);
      // In a type or a length it can hide the checksum in something else: then there is none.
      assert(typeof result === "string" || !result.header.tlvs.hasChecksum, JSON.stringify(result));
    }),
    { numRuns: 2_000 },
  );
});
