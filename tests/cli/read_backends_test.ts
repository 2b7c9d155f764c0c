import { assertEquals, assertThrows } from "@std/assert";
import { readBackends, UsageError } from "../../cli/mod.ts";

Deno.test("readBackends() reads servers with and without a weight", () => {
  assertEquals(readBackends("a:1,http://b:2=3, unix:/run/x=y.sock ,https://c=0"), [
    { peer: "a:1", weight: 1 },
    { peer: "http://b:2", weight: 3 },
    { peer: "unix:/run/x=y.sock", weight: 1 },
    { peer: "https://c", weight: 0 },
  ]);
});

Deno.test("readBackends() reads nothing as nobody", () => {
  assertEquals([readBackends(), readBackends("")], [[], []]);
});

const refused: { text: string; message: string }[] = [
  { text: "localhost", message: 'Cannot use TARGETS "localhost": write host:port' },
  { text: "a:1,", message: 'Cannot use TARGETS ""' },
  { text: "a:1=x", message: 'Cannot use TARGETS "a:1=x": write host:port' },
  { text: "a:1=70000", message: "its weight is not from 0 to 65535" },
  { text: "a:1,a:1=2", message: "a:1 stands there twice" },
];
for (const { text, message } of refused) {
  Deno.test(`readBackends() refuses "${text}"`, () => {
    assertThrows(() => readBackends(text), UsageError, message);
  });
}
