import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type BackendOptions, parseBackendList } from "../../../loadbalancing/mod.ts";

const whole: BackendOptions = {
  peer: "https://10.0.0.2",
  id: "two",
  weight: 3,
  priority: 1,
  zone: "b",
  maxConnections: 100,
};

Deno.test("parseBackendList() reads peers and mappings, of YAML and JSON", () => {
  const yaml = `# the web servers
count: 2
backends:
  - 10.0.0.1:80
  - peer: https://10.0.0.2
    id: two
    weight: 3
    priority: 1
    zone: b
    maxConnections: 100
`;
  const json = JSON.stringify({ backends: ["10.0.0.1:80", whole] });
  assertEquals(parseBackendList(yaml, "yaml"), [{ peer: "10.0.0.1:80" }, whole]);
  assertEquals(parseBackendList(json, "json"), [{ peer: "10.0.0.1:80" }, whole]);
  assertEquals(parseBackendList("backends: []\n", "yaml"), []);
});

/** A list of ten lists of ten lists of …: 10^12 texts once it is written out. */
const aliases = "bcdefghijkl".split("").reduce(
  (list, name, i) => `&${name} [${list}${`, *${"abcdefghijkl"[i]}`.repeat(9)}]`,
  "&a [x, x, x, x, x, x, x, x, x, x]",
);

const refused: [name: string, text: string, message: string][] = [
  ["nothing", "", "it is empty"],
  ["blanks", " \n", "it is empty"],
  ["a cut line", "backends: [10.0.0.1:8", "line break"],
  ["broken YAML", "backends: [10.0.0.1:80\n", "it is no YAML"],
  ["a list", "- 10.0.0.1:80\n", "no mapping with the key backends"],
  ["another key", "backends: []\nbackend: 1\n", 'a key "backend"'],
  ["no list", "backends: 10.0.0.1:80\n", "backends is no list"],
  ["a wrong count", "backends: [10.0.0.1:80]\ncount: 2\n", "count is 2, but there are 1"],
  ["a number", "backends: [80]\n", "backends[0] is neither a peer nor a mapping"],
  [
    "an entry without a peer",
    "backends: [10.0.0.1:80, { weight: 1 }]\n",
    "backends[1] has no peer",
  ],
  ["an unknown key", "backends: [{ peer: a:1, wieght: 1 }]\n", 'backends[0] has a key "wieght"'],
  ["a text for a number", 'backends: [{ peer: a:1, weight: "1" }]\n', 'weight is "1", no number'],
  ["a list for a text", "backends: [{ peer: [a, b] }]\n", "backends[0].peer is a list, no string"],
  ["a mapping that holds itself", "backends: [{ peer: &a { b: *a } }]\n", "peer is a mapping, no"],
  [
    "aliases that would fill the memory",
    `backends: [{ peer: ${aliases} }]\n`,
    "peer is a list, no",
  ],
  ["aliases for a count", `backends: []\ncount: ${aliases}\n`, "count is a list, but there are 0"],
  ["a long text", `count: ${"9".repeat(99)}x\nbackends: []\n`, `count is "${"9".repeat(59)}…, but`],
  ["a peer without a port", "backends: [localhost]\n", "backends[0]: Cannot use the peer"],
];
for (const [name, text, message] of refused) {
  Deno.test(`parseBackendList() refuses ${name}`, () => {
    assertThrows(() => parseBackendList(text, "yaml"), TypeError, message);
  });
}

Deno.test("parseBackendList() throws RangeError when a number is out of its range", () => {
  const text = "backends: [{ peer: a:1, weight: -1 }]\n";
  assertThrows(() => parseBackendList(text, "yaml"), RangeError, "backends[0]: Cannot make");
});

const backends = fc.array(
  fc.record({
    peer: fc.integer({ min: 1, max: 65_535 }).map((port) => `10.0.0.1:${port}`),
    weight: fc.nat(65_535),
  }),
  { minLength: 1, maxLength: 6 },
);

Deno.test("parseBackendList() never takes a part of a JSON file for a whole one", () => {
  fc.assert(fc.property(backends, fc.nat(), (list, at) => {
    const text = JSON.stringify({ backends: list });
    assertEquals(parseBackendList(text, "json"), list);
    assertThrows(() => parseBackendList(text.slice(0, at % text.length), "json"), TypeError);
  }));
});

Deno.test("parseBackendList() never takes a part of a YAML file with a count for a whole one", () => {
  fc.assert(fc.property(backends, fc.nat(), (list, at) => {
    const entries = list.map(({ peer, weight }) => `  - { peer: ${peer}, weight: ${weight} }\n`);
    const text = `count: ${list.length}\nbackends:\n${entries.join("")}`;
    assertEquals(parseBackendList(text, "yaml"), list);
    assertThrows(() => parseBackendList(text.slice(0, at % text.length), "yaml"), TypeError);
  }));
});
