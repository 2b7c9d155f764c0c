import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { HELP, parseOptions } from "./options.ts";
import { formatSize, parseSize } from "./size.ts";
import { TARGET_NAMES } from "./targets/mod.ts";

Deno.test("parseOptions() reads every option", () => {
  const options = parseOptions([
    "--targets=serve_fetch,nginx",
    "--sizes=130,10k,100k,1m",
    "--connections=1,32,1000",
    "--tls",
    "--duration=7",
    "--warm-up=0",
    "--rounds=9",
    "--idle=10000",
    "--soak=3",
    "--proxy=/tmp/proxy.ts",
    "--json=/tmp/bench.json",
    "--write",
    "--section=soak",
    "--check=max=1.2,size=130",
    "--check=max=0.6",
  ]);
  const { checks, ...rest } = options;
  assertEquals(rest, {
    help: false,
    // In the order of the table, whatever the order here.
    targets: ["nginx", "serve_fetch"],
    schemes: ["http", "https"],
    sizes: [130, 10_240, 102_400, 1_048_576],
    connections: [1, 32, 1000],
    duration: 7,
    warmUp: 0,
    rounds: 9,
    idle: 10_000,
    soak: 3,
    proxy: "/tmp/proxy.ts",
    json: "/tmp/bench.json",
    write: true,
    section: "soak",
  });
  assertEquals(checks.map(({ max }) => max), [1.2, 0.6]);
});

Deno.test("parseOptions() compares pingo with nginx and the bare runtime when nothing is said", () => {
  const { targets, schemes, idle, soak, write, section } = parseOptions([]);
  assertEquals({ targets, schemes, idle, soak, write, section }, {
    targets: ["nginx", "pingo", "serve_fetch"],
    schemes: ["http"],
    idle: 0,
    soak: 0,
    write: false,
    section: "bench",
  });
  assertEquals(parseOptions(["--targets", "all"]).targets, TARGET_NAMES);
  assertEquals(parseOptions(["--tls-only"]).schemes, ["https"]);
  assertEquals(parseOptions(["--sizes", "1k,1024"]).sizes, [1024]);
});

Deno.test("parseOptions() throws when it does not understand", () => {
  const bad = [
    ["--round=1"],
    ["extra"],
    ["--targets=apache"],
    ["--targets="],
    ["--sizes=10g"],
    ["--sizes="],
    ["--connections=0"],
    ["--duration=0"],
    ["--duration=1.5"],
    ["--rounds=-1"],
    ["--rounds=0"],
    ["--idle=many"],
    ["--check=fast"],
    ["--json"],
  ];
  for (const args of bad) assertThrows(() => parseOptions(args), SyntaxError, "", args.join());
});

Deno.test("HELP names every target", () => {
  for (const name of TARGET_NAMES) assertStringIncludes(HELP, name);
});

Deno.test("formatSize() and parseSize() agree", () => {
  const cases = [
    { text: "130", bytes: 130, shown: "130 B" },
    { text: "10k", bytes: 10_240, shown: "10 KiB" },
    { text: "1M", bytes: 1_048_576, shown: "1 MiB" },
    { text: "1500", bytes: 1500, shown: "1500 B" },
  ];
  for (const { text, bytes, shown } of cases) {
    assertEquals([parseSize(text), formatSize(bytes)], [bytes, shown], text);
  }
});
