import { assertEquals, assertThrows } from "@std/assert";
import { judge, parseCheck } from "./check.ts";
import { sample } from "./_fixtures.ts";

const tls = { scheme: "https", bodyBytes: 102_400, connections: 1 } as const;
const SAMPLES = [
  sample("nginx", 20),
  sample("pingo", 25),
  sample("serve_fetch", 100),
  sample("nginx", 100, { loadCase: tls }),
  sample("pingo", 60, { loadCase: tls }),
];

Deno.test("parseCheck() is about pingo against nginx in all cases unless it says more", () => {
  const { max, target, against, only } = parseCheck("max=1.2");
  assertEquals({ max, target, against, only }, {
    max: 1.2,
    target: "pingo",
    against: "nginx",
    only: {},
  });
  const text = "max=0.4,size=100k,against=serve_fetch,target=haproxy,scheme=https,connections=1";
  assertEquals(parseCheck(text), {
    text,
    max: 0.4,
    target: "haproxy",
    against: "serve_fetch",
    only: tls,
  });
});

Deno.test("parseCheck() throws when a part is not understood", () => {
  const bad = [
    "",
    "1.2",
    "max=",
    "max=0",
    "max=x",
    "size=130",
    "max=1,ronds=2",
    "max=1,target=apache",
    "max=1,scheme=ftp",
    "max=1,size=0",
    "max=1,connections=1k",
  ];
  for (const text of bad) assertThrows(() => parseCheck(text), SyntaxError, "Cannot read", text);
});

Deno.test("judge() holds a check against each case that it is about", () => {
  const verdicts = (text: string) => judge(parseCheck(text), SAMPLES);
  assertEquals(verdicts("max=1.2").map(({ holds }) => holds), [false, true]);
  assertEquals(verdicts("max=1.25").map(({ holds }) => holds), [true, true]);
  assertEquals(verdicts("max=0.5,scheme=https"), [{
    holds: false,
    text: "https, 100 KiB, 1 connection: pingo against nginx 0.60, above 0.5",
  }]);
  assertEquals(verdicts("max=0.25,against=serve_fetch").map(({ holds }) => holds), [true]);
});

Deno.test("judge() fails when nothing was measured that the check is about", () => {
  for (const text of ["max=9,size=1m", "max=9,target=haproxy", "max=9,against=haproxy"]) {
    assertEquals(judge(parseCheck(text), SAMPLES), [
      { holds: false, text: `${text}: nothing measured` },
    ]);
  }
});
