import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkout } from "../../support/checkout.ts";
import { packageConfig } from "../../support/package_config.ts";
import { needs } from "../../support/needs.ts";
import { tempProject } from "../../support/temp_project.ts";
import { testTls } from "./_certificate.ts";
import { run } from "./_run.ts";

/** What a process with its own flags, and without this package's, prints when it listens. */
async function outcome(
  options: string,
  flags: string[],
  prefix: string[] = [],
  show = 'console.log("listens", await (await fetch(listener.url)).text())',
): Promise<string> {
  const program = `
    import { reply } from "file://${checkout}/core/http/mod.ts";
    import { listen } from "file://${checkout}/core/listen/mod.ts";
    try {
      await using listener = await listen(${options}, () => reply(200, "hello"));
      ${show};
    } catch (error) {
      console.log(error.name, error.code, error.message);
    }
  `;
  const { imports } = await packageConfig(checkout);
  const config = JSON.stringify({ imports, vendor: true, lock: false });
  await using project = await tempProject({ "main.ts": program, "deno.json": config });
  await Deno.symlink(`${checkout}/vendor`, `${project.root}/vendor`);
  const command = [...prefix, Deno.execPath(), "run", "--no-prompt", "--quiet"];
  const files = [`--config=${project.root}/deno.json`, `${project.root}/main.ts`];
  const [first, ...args] = [...command, ...flags, ...files];
  const { stdout, stderr } = await run(first, ...args);
  // Without no-legacy-abort Deno itself writes a warning to stderr.
  return stdout || stderr;
}

const tcp = '{ address: "127.0.0.1:0" }';
const shared = '{ address: "127.0.0.1:0", reusePort: true }';

Deno.test("listen() names the flag when reusePort lacks it", async () => {
  const text = await outcome(shared, ["-A"]);
  assertStringIncludes(text, "ListenError flag_missing Cannot listen on 127.0.0.1:0: reusePort");
  assertStringIncludes(text, "--unstable-net");
});

Deno.test("listen() takes reusePort when it has its flag", async () => {
  assertEquals(await outcome(shared, ["-A", "--unstable-net"]), "listens hello\n");
});

Deno.test("listen() needs no flag without reusePort", async () => {
  assertEquals(await outcome(tcp, ["-A"]), "listens hello\n");
});

Deno.test("listen() needs no more than --allow-net on a port", async () => {
  assertEquals(await outcome('{ address: ":0" }', ["--allow-net"]), "listens hello\n");
});

Deno.test("listen() says over TLS that Nagle's algorithm is on when it may not turn it off", async () => {
  // Nothing is asked for that only makes it better.
  for (const [flag, isOn] of [["--allow-net", true], ["-A", Deno.build.os !== "linux"]] as const) {
    const text = await outcome(
      `{ address: "127.0.0.1:0", tls: ${JSON.stringify(testTls)} }`,
      [flag],
      [],
      "console.log(listener.describe())",
    );
    assertStringIncludes(text, "https://127.0.0.1:");
    assertEquals(text.includes("Nagle's algorithm on"), isOn, text);
  }
});

Deno.test("listen() rejects with permission_denied when Deno may not listen", async () => {
  const text = await outcome(tcp, []);
  assertStringIncludes(
    text,
    "ListenError permission_denied Cannot listen on 127.0.0.1:0: Deno req",
  );
  assertStringIncludes(text, "--allow-net");
});

const privilegedBelow = Number(
  await Deno.readTextFile("/proc/sys/net/ipv4/ip_unprivileged_port_start").catch(() => "0"),
);
const { name, ignore } = needs("setpriv", "listen() rejects when the port takes privileges");

Deno.test({
  name,
  ignore: ignore || privilegedBelow < 2,
  fn: async () => {
    const isRoot = Deno.uid() === 0;
    const unprivileged = ["setpriv", "--bounding-set=-net_bind_service"];
    const text = await outcome('{ address: "127.0.0.1:1" }', ["-A"], isRoot ? unprivileged : []);
    assertEquals(
      text,
      "ListenError permission_denied Cannot listen on 127.0.0.1:1: a port below 1024 takes privileges\n",
    );
  },
});
