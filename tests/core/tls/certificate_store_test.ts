import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { CertificateError, CertificateStore, readCertificate } from "../../../core/mod.ts";
import { a, b, nameless, renewedA } from "./_certificates.ts";

const selections: readonly [name: string, serverName: string, expected: "a" | "b"][] = [
  ["the exact name", "b.test", "b"],
  ["a name under a star", "y.a.test", "a"],
  ["the exact name before the star", "x.a.test", "b"],
  ["the name beside the star", "a.test", "a"],
  ["the default for two labels under a star", "y.z.a.test", "a"],
  ["the default for an unknown name", "c.test", "a"],
  ["the default for a single label", "localhost", "a"],
  ["the default for no name", "", "a"],
];
for (const [name, serverName, expected] of selections) {
  Deno.test(`CertificateStore.select() gives ${name}`, () => {
    const store = new CertificateStore();
    const added = { a: store.add(a), b: store.add(b) };
    assertStrictEquals(store.select(serverName), added[expected]);
  });
}

Deno.test("CertificateStore.select() does not take a star for the name itself or for two labels", () => {
  const store = new CertificateStore({ unknownNames: "refuse" });
  store.add({ ...a, names: ["*.a.test"] });
  assertEquals([store.select("a.test"), store.select("x.y.a.test"), store.select("test")], [
    ...[null, null, null],
  ]);
});

Deno.test("CertificateStore.select() refuses unknown names when unknownNames says so", () => {
  const store = new CertificateStore({ unknownNames: "refuse" });
  const added = store.add(a);
  assertEquals([store.select("c.test"), store.select("")], [null, added]);
  assertEquals(store.select("y.a.test"), added);
});

Deno.test("CertificateStore.select() gives null when the store is empty", () => {
  const store = new CertificateStore();
  assertEquals([store.select(""), store.select("a.test"), store.default], [null, null, null]);
});

Deno.test("CertificateStore.add() makes the last one win where two have a name, until it is removed", () => {
  const store = new CertificateStore();
  const old = store.add(a);
  const renewed = store.add(renewedA);
  assertStrictEquals(store.select("y.a.test"), renewed);
  assertStrictEquals(store.default, old);
  assertEquals(store.remove(renewed), true);
  assertStrictEquals(store.select("y.a.test"), old);
  assertEquals(store.remove(renewed), false);
  assertEquals(store.remove(old), true);
  assertEquals([store.certificates, store.select("a.test")], [[], null]);
});

Deno.test("CertificateStore.add() takes the default that it is told", () => {
  const store = new CertificateStore();
  const first = store.add(a);
  const chosen = store.add(b, { isDefault: true });
  store.add(nameless);
  assertStrictEquals(store.select("c.test"), chosen);
  store.remove(chosen);
  assertStrictEquals(store.default, first);
});

Deno.test("CertificateStore.add() takes what readCertificate() gave, and tells what it cannot use", () => {
  const store = new CertificateStore();
  const read = readCertificate(a);
  assertStrictEquals(store.add(read), read);
  assertThrows(() => store.add({ cert: a.cert, key: b.key }), CertificateError);
  assertThrows(() => store.add({ ...a, names: ["192.0.2.1"] }), TypeError);
  assertEquals(store.certificates, [read]);
});

Deno.test("CertificateStore.replace() keeps place and default", () => {
  const store = new CertificateStore();
  const old = store.add(a);
  const other = store.add(b);
  const renewed = store.replace(old, renewedA);
  assertEquals(store.certificates, [renewed, other]);
  assertStrictEquals(store.default, renewed);
  assertStrictEquals(store.select("y.a.test"), renewed);
  assertThrows(() => store.replace(old, a), TypeError, "it is not in the store");
  assertThrows(() => store.replace(renewed, { cert: "", key: "" }), CertificateError);
  assertEquals(store.certificates, [renewed, other]);
  const chosen = store.add(nameless, { isDefault: true });
  assertStrictEquals(store.default, chosen);
  assertStrictEquals(store.default, store.replace(chosen, chosen));
});

Deno.test("CertificateStore.onChange() hears of each change once, until it is told to end", () => {
  const store = new CertificateStore();
  let changes = 0;
  const end = store.onChange(() => changes++);
  const added = store.add(a);
  const renewed = store.replace(added, renewedA);
  assertEquals(changes, 2);
  store.remove(renewed);
  store.remove(renewed);
  assertEquals(changes, 3);
  end();
  store.add(b);
  assertEquals(changes, 3);
});

Deno.test("CertificateStore.hasOneAnswer is true while everybody gets the same", () => {
  const store = new CertificateStore();
  assertEquals(store.hasOneAnswer, false);
  store.add(a);
  assertEquals(store.hasOneAnswer, true);
  store.add(b);
  assertEquals(store.hasOneAnswer, false);
  const strict = new CertificateStore({ unknownNames: "refuse" });
  strict.add(a);
  assertEquals(strict.hasOneAnswer, false);
});

Deno.test("new CertificateStore() throws when unknownNames is unknown", () => {
  // @ts-expect-error the type knows no such thing
  assertThrows(() => new CertificateStore({ unknownNames: "guess" }), RangeError, '"guess"');
});
