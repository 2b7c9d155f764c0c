import { assert, assertEquals, assertThrows } from "@std/assert";
import { CertificateError, type CertificateInit, readCertificate } from "../../../core/mod.ts";
import { needs } from "../../support/needs.ts";
import { tempProject } from "../../support/temp_project.ts";
import { run } from "../listen/_run.ts";
import { a, addressOnly, b, nameless, renewedA } from "./_certificates.ts";

Deno.test("readCertificate() takes the names from the subjectAltName, in small letters", () => {
  assertEquals(readCertificate(a).names, ["a.test", "*.a.test"]);
  assertEquals(readCertificate(b).names, ["b.test", "x.a.test"]);
});

Deno.test("readCertificate() finds no names in a common name, nor in addresses (RFC 9525 §2)", () => {
  assertEquals(readCertificate(nameless).names, []);
  assertEquals(readCertificate(addressOnly).names, []);
});

Deno.test("readCertificate() takes the names that it is given instead", () => {
  const names = ["C.test.", "*.c.test", "c.test"];
  assertEquals(readCertificate({ ...a, names }).names, ["c.test", "*.c.test"]);
});

Deno.test("readCertificate() tells how long it holds, and its fingerprint", () => {
  const { validFrom, validTo, fingerprint, cert, key } = readCertificate(a);
  assertEquals((validTo - validFrom) / 86_400_000, 36_500);
  assert(/^[0-9a-f]{64}$/.test(fingerprint), fingerprint);
  assertEquals({ cert, key }, a);
  assert(fingerprint !== readCertificate(renewedA).fingerprint);
});

Deno.test("readCertificate() reads a chain, the own certificate first", () => {
  assertEquals(readCertificate({ cert: a.cert + b.cert, key: a.key }).names, [
    "a.test",
    "*.a.test",
  ]);
  const swapped = { cert: b.cert + a.cert, key: a.key };
  assertThrows(() => readCertificate(swapped), CertificateError, "the key belongs to another one");
});

const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const unusable: readonly [name: string, init: CertificateInit, why: string][] = [
  ["nothing", { cert: "", key: "" }, "no PEM certificate"],
  ["a key in place of the certificate", { cert: a.key, key: a.key }, "no PEM certificate"],
  ["a malformed certificate", { cert: broken, key: a.key }, "number 1 is malformed"],
  ["a malformed one in the chain", { cert: a.cert + broken, key: a.key }, "number 2 is malformed"],
  ["no key", { cert: a.cert, key: "" }, "no PEM private key"],
  ["a certificate in place of the key", { cert: a.cert, key: a.cert }, "no PEM private key"],
  ["the key of another one", { cert: a.cert, key: b.key }, "the key belongs to another one"],
  ["the key of the one before", { cert: renewedA.cert, key: a.key }, "belongs to another one"],
];
for (const [name, init, why] of unusable) {
  Deno.test(`readCertificate() refuses ${name}`, () => {
    assertThrows(() => readCertificate(init), CertificateError, why);
    assertThrows(() => readCertificate(init, "/x.pem"), CertificateError, "Cannot use /x.pem: ");
  });
}

const keys: readonly [name: string, args: string, why: string | null][] = [
  ["ECDSA P-256", "ec -pkeyopt ec_paramgen_curve:P-256", null],
  ["ECDSA P-384", "ec -pkeyopt ec_paramgen_curve:P-384", null],
  ["ECDSA P-521", "ec -pkeyopt ec_paramgen_curve:P-521", null],
  ["Ed25519", "ed25519", null],
  ["RSA of 2048 bits", "rsa:2048", null],
  ["RSA of 2047 bits", "rsa:2047", "its RSA key has 2047 bits, TLS takes 2048 and more"],
  ["RSA-PSS", "rsa-pss -pkeyopt rsa_keygen_bits:2048", "its key is of the kind rsa-pss"],
  [
    "ECDSA secp256k1",
    "ec -pkeyopt ec_paramgen_curve:secp256k1",
    "its key is on the curve secp256k1",
  ],
  ["Ed448", "ed448", "its key is of the kind ed448, TLS takes RSA, ECDSA and Ed25519"],
];
for (const [name, args, why] of keys) {
  Deno.test({
    ...needs("openssl", `readCertificate() takes a key as Deno's TLS does: ${name}`),
    async fn() {
      await using folder = await tempProject({});
      const [cert, key] = [`${folder.root}/cert.pem`, `${folder.root}/key.pem`];
      const files = ["-nodes", "-keyout", key, "-out", cert];
      const names = ["-subj", "/CN=a", "-addext", "subjectAltName=DNS:a.test"];
      const made = await run(
        "openssl",
        ...["req", "-x509", "-newkey", ...args.split(" ")],
        ...files,
        ...names,
      );
      assertEquals(made.code, 0, made.stderr);
      const init = { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
      const open = () => Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...init });
      if (why === null) {
        assertEquals(readCertificate(init).names, ["a.test"]);
        open().close();
      } else {
        assertThrows(() => readCertificate(init), CertificateError, why);
        assertThrows(open);
      }
    },
  });
}

for (
  const name of [
    "",
    "*",
    "*.*.test",
    "a.*.test",
    "a..test",
    "192.0.2.1",
    "a b",
    "x".repeat(64),
    "é.test",
  ]
) {
  Deno.test(`readCertificate() refuses to show one for ${JSON.stringify(name)}`, () => {
    assertThrows(() => readCertificate({ ...a, names: [name] }), TypeError, "it is no host name");
  });
}
