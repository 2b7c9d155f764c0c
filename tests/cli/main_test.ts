import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { main } from "../../cli/mod.ts";
import { checkout } from "../support/checkout.ts";
import { packageConfig } from "../support/package_config.ts";
import { testIo } from "./_test_io.ts";

async function pingo(...args: readonly string[]) {
  const io = testIo();
  const code = await main(args, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text };
}

Deno.test("main() tells the version of deno.json when it is asked for it", async () => {
  const { version } = await packageConfig(checkout);
  const { code, stdout, stderr } = await pingo("--version");
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, `pingo ${version} (Deno ${Deno.version.deno})\n`);
});

for (const args of [["--help"], ["-h"], ["help"]]) {
  Deno.test(`main() names its commands and a first look when asked by ${args}`, async () => {
    const { code, stdout, stderr } = await pingo(...args);
    assertEquals([code, stderr], [0, ""]);
    for (const part of ["proxy", "server", "client", "pingo proxy --target 127.0.0.1:3000"]) {
      assertStringIncludes(stdout, part);
    }
  });
}

Deno.test("main() ends with 2 and shows the help on stderr when there is no command", async () => {
  const { code, stdout, stderr } = await pingo();
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /^pingo - /);
});

Deno.test("main() ends with 2 and one line when there is no such command", async () => {
  const { code, stdout, stderr } = await pingo("prixy", "--listen", ":8080");
  assertEquals([code, stdout], [2, ""]);
  assertEquals(stderr, `Cannot run "prixy": the commands are proxy, server, client\n`);
});

const helps: { command: string; parts: readonly string[] }[] = [
  {
    command: "proxy",
    parts: ["--target SERVER", "--listen ADDRESS", "--cert FILE", "--key FILE", "--rewrite-host"],
  },
  { command: "server", parts: ["--listen ADDRESS", "--access-log FORMAT", "--admin ADDRESS"] },
  {
    command: "client",
    parts: ["-X, --method", "-H, --header", "-d, --data", "-f, --fail", "--timeout", "[env: URL]"],
  },
];
for (const { command, parts } of helps) {
  Deno.test(`main() explains flags, exit codes and examples when asked for ${command} --help`, async () => {
    for (const flag of ["--help", "-h"]) {
      const { code, stdout, stderr } = await pingo(command, flag);
      assertEquals([code, stderr], [0, ""]);
      assertStringIncludes(stdout, `\nUsage: pingo ${command} [flags]`);
      assertStringIncludes(stdout, "\nExit code: 0 ");
      assertMatch(stdout, new RegExp(`\nExamples:\n {2}# .+\n {2}pingo ${command}`));
      for (const part of parts) assertStringIncludes(stdout, part);
      const tooLong = stdout.split("\n").filter((line) => line.length > 80);
      assertEquals(tooLong, []);
    }
  });
}

const refused: { name: string; args: readonly string[]; message: string }[] = [
  {
    name: "a flag is unknown",
    args: ["proxy", "--lisen", ":1"],
    message: "unknown option '--lisen' (see pingo proxy --help)",
  },
  {
    name: "a flag has no value",
    args: ["proxy", "--listen"],
    message: "option '--listen <value>' argument missing (see pingo proxy --help)",
  },
  {
    name: "the value of a flag looks like a flag",
    args: ["server", "--listen", "--admin"],
    message: "option '--listen' argument is ambiguous (see pingo server --help)",
  },
  {
    name: "a flag that takes no value has one",
    args: ["proxy", "--rewrite-host=yes"],
    message: "option '--rewrite-host' does not take an argument (see pingo proxy --help)",
  },
  {
    name: "there is an argument too many",
    args: ["server", "8080"],
    message: `there is no use for "8080" (see pingo server --help)`,
  },
];
for (const { name, args, message } of refused) {
  Deno.test(`main() ends with 2 and one line when ${name}`, async () => {
    const { code, stdout, stderr } = await pingo(...args);
    assertEquals([code, stdout], [2, ""]);
    assertEquals(stderr, `Cannot read the command line: ${message}\n`);
  });
}
