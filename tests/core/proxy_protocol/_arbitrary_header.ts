import fc from "fast-check";
import type { ProxyHeader, ProxyTls, ProxyTlvs } from "../../../core/mod.ts";

const encoder = new TextEncoder();

/** Those of a header that can be written: the fields in the order in which they are read. */
const port = fc.integer({ min: 0, max: 65_535 });
const ipv6 = fc.oneof(
  fc.ipV6(),
  fc.array(fc.constantFrom("0", "1", "ffff"), { minLength: 8, maxLength: 8 }).map((g) =>
    g.join(":")
  ),
  fc.ipV4().map((address) => `::ffff:${address}`),
);
const text = (maxLength: number) =>
  fc.string({ unit: "grapheme", maxLength })
    // deno-lint-ignore no-control-regex -- what is left out
    .filter((value) => !/[\0-\x1f\x7f]/.test(value) && value.isWellFormed())
    // A header bounds bytes, and a grapheme may be many of them.
    .filter((value) => encoder.encode(value).length <= 4 * maxLength);
const path = fc.oneof(
  fc.constant(""),
  text(20).map((rest) => `/run/${rest}`),
  text(20).filter((rest) => rest !== "").map((rest) => `\0${rest}`),
);
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

function others(min: number, max: number) {
  const one = fc.record({ type: fc.integer({ min, max }), value: bytes(40) });
  return fc.array(one, { minLength: 1, maxLength: 3 });
}

const tls: fc.Arbitrary<ProxyTls> = fc.record({
  isTls: fc.boolean(),
  hasCertificate: fc.boolean(),
  hadCertificate: fc.boolean(),
  verifyResult: fc.nat(0xffff_ffff),
  version: text(10),
  commonName: text(60),
  cipher: text(30),
  signatureAlgorithm: text(10),
  keyAlgorithm: text(10),
  others: others(0x26, 0x2f),
}, { requiredKeys: ["isTls", "hasCertificate", "hadCertificate", "verifyResult"] });

const tlvs: fc.Arbitrary<ProxyTlvs> = fc.record({
  alpn: text(10),
  authority: text(60),
  uniqueId: bytes(128),
  tls,
  namespace: text(20),
  hasChecksum: fc.constant(true),
  others: others(0xe0, 0xff),
}, { requiredKeys: [] });

const endpoint = (address: fc.Arbitrary<string>, ports: fc.Arbitrary<number>) =>
  fc.record({ address, port: ports });

function ends(address: fc.Arbitrary<string>, ports: fc.Arbitrary<number> = port) {
  return { source: endpoint(address, ports), destination: endpoint(address, ports) };
}

const noTlvs = fc.constant({});
const none = fc.constant(null);
const remote = fc.constant(false);

/** Any header of version 1. */
export const headerV1: fc.Arbitrary<ProxyHeader> = fc.oneof(
  fc.record({
    version: fc.constant(1 as const),
    isLocal: remote,
    transport: fc.constant("tcp4" as const),
    ...ends(fc.ipV4()),
    tlvs: noTlvs,
  }),
  fc.record({
    version: fc.constant(1 as const),
    isLocal: remote,
    transport: fc.constant("tcp6" as const),
    ...ends(ipv6),
    tlvs: noTlvs,
  }),
  fc.record({
    version: fc.constant(1 as const),
    isLocal: remote,
    transport: fc.constant("unknown" as const),
    source: none,
    destination: none,
    tlvs: noTlvs,
  }),
);

/** Any header of version 2. */
export const headerV2: fc.Arbitrary<ProxyHeader> = fc.oneof(
  fc.record({
    version: fc.constant(2 as const),
    isLocal: remote,
    transport: fc.constantFrom("tcp4" as const, "udp4" as const),
    ...ends(fc.ipV4()),
    tlvs,
  }),
  fc.record({
    version: fc.constant(2 as const),
    isLocal: remote,
    transport: fc.constantFrom("tcp6" as const, "udp6" as const),
    ...ends(ipv6),
    tlvs,
  }),
  fc.record({
    version: fc.constant(2 as const),
    isLocal: remote,
    transport: fc.constantFrom("unix" as const, "unix_datagram" as const),
    ...ends(path, fc.constant(0)),
    tlvs,
  }),
  fc.record({
    version: fc.constant(2 as const),
    isLocal: fc.boolean(),
    transport: fc.constant("unknown" as const),
    source: none,
    destination: none,
    tlvs: noTlvs,
  }),
);
