import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { listen, reply } from "../../core/mod.ts";
import { echoHandler, main } from "../../cli/mod.ts";
import { certificateFiles } from "../examples/_certificate_files.ts";
import { curl } from "../examples/_curl.ts";
import { Program } from "../examples/_program.ts";
import { needs } from "../support/needs.ts";
import { testIo } from "./_test_io.ts";

const CLI = "cli/main.ts";

Deno.test("proxy passes requests on and logs them in the combined format by default", async () => {
  await using upstream = await listen({ address: "127.0.0.1:0" }, echoHandler());
  await using proxy = await Program.start([CLI, "proxy", "--target", upstream.url]);
  const url = proxy.url("proxy");
  const text = await (await fetch(`${url}/a?b`)).text();
  assertMatch(text, /^GET \/a\?b HTTP\/1\.1\n/);
  assertStringIncludes(text, `\nhost: ${new URL(url).host}\n`);
  proxy.kill("SIGTERM");
  const { code, stdout } = await proxy.ended();
  assertEquals(code, 0);
  assertMatch(
    stdout,
    /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/a\?b HTTP\/1\.1" 200 \d+ "-" "[^"]+"\n$/,
  );
});

Deno.test("proxy takes a flag before its variable", async () => {
  await using wrong = await listen({ address: "127.0.0.1:0" }, () => reply(200, "variable"));
  await using right = await listen({ address: "127.0.0.1:0" }, () => reply(200, "flag"));
  const env = { TARGET: wrong.url, LISTEN: "not an address", ACCESS_LOG: "loud" };
  const flags = ["--target", right.url, "--listen", "127.0.0.1:0", "--access-log=off"];
  await using proxy = await Program.start([CLI, "proxy", ...flags], env);
  assertEquals(await (await fetch(proxy.url("proxy"))).text(), "flag");
  proxy.kill("SIGTERM");
  assertEquals((await proxy.ended()).stdout, "");
});

Deno.test("proxy takes several targets in turn", async () => {
  await using one = await listen({ address: "127.0.0.1:0" }, () => reply(200, "one"));
  await using two = await listen({ address: "127.0.0.1:0" }, () => reply(200, "two"));
  const flags = ["--target", one.url, "--target", two.url];
  await using proxy = await Program.start([CLI, "proxy", ...flags]);
  const ask = async () => await (await fetch(proxy.url("proxy"))).text();
  assertEquals([await ask(), await ask(), await ask()], ["one", "two", "one"]);
});

Deno.test("proxy --rewrite-host sends the target's own name as Host", async () => {
  await using upstream = await listen({ address: "127.0.0.1:0" }, echoHandler());
  const { host } = new URL(upstream.url);
  await using proxy = await Program.start([CLI, "proxy", "--rewrite-host", "--target", host]);
  assertStringIncludes(await (await fetch(proxy.url("proxy"))).text(), `\nhost: ${host}\n`);
});

Deno.test("proxy serves metrics on --admin", async () => {
  await using proxy = await Program.start([CLI, "proxy", "--admin", "127.0.0.1:0"]);
  const response = await fetch(`${proxy.url("admin")}/metrics`);
  assertStringIncludes(await response.text(), `pingo_http_requests_in_flight{service="proxy"} 0`);
});

Deno.test({
  ...needs("curl", "server echoes over TLS, with HTTP/1.1 and HTTP/2"),
  async fn() {
    await using files = await certificateFiles();
    const flags = ["--cert", files.cert, "--key", files.key];
    await using server = await Program.start([CLI, "server", ...flags]);
    const url = server.url("echo");
    for (const [flag, line] of [["--http1.1", "HTTP/1.1"], ["--http2", "HTTP/2"]]) {
      const { stdout, stderr } = await curl(flag, "-k", "-d", "content", `${url}/a`);
      assertMatch(stdout, new RegExp(`^POST /a ${line}\n[^]*\n\ncontent$`), stderr);
    }
  },
});

Deno.test({
  ...needs("curl", "server echoes 300 MB and keeps its memory"),
  ignore: Deno.build.os !== "linux" || needs("curl", "").ignore,
  async fn() {
    await using server = await Program.start([CLI, "server"]);
    const path = await Deno.makeTempFile();
    // A sparse file: no byte of it lies on the disk.
    await Deno.truncate(path, 300_000_000);
    const before = await server.peakMegabytes();
    const shown = await curl(
      "-T",
      path,
      "-o",
      "/dev/null",
      "-w",
      "%{size_download}",
      server.url("echo"),
    );
    await Deno.remove(path);
    assert(Number(shown.stdout) > 300_000_000, shown.stderr);
    const grown = await server.peakMegabytes() - before;
    assert(grown < 150, `it grew by ${grown} MB`);
  },
});

Deno.test("server counts on --admin and logs by --access-log", async () => {
  const flags = ["--admin", "127.0.0.1:0", "--access-log", "json"];
  await using server = await Program.start([CLI, "server", ...flags]);
  await (await fetch(server.url("echo"))).text();
  const metrics = await (await fetch(`${server.url("admin")}/metrics`)).text();
  assertStringIncludes(
    metrics,
    `pingo_http_requests_total{service="echo",method="GET",status="200"} 1\n`,
  );
  const backends = await fetch(`${server.url("admin")}/backends`);
  assertEquals([backends.status, await backends.text()], [404, "not found\n"]);
  assertEquals(server.stderr.includes("target"), false);
  server.kill("SIGTERM");
  const { code, stdout } = await server.ended();
  assertEquals([code, JSON.parse(stdout).status], [0, 200]);
});

const failures: { name: string; args: (taken: string) => string[]; code: number; line: RegExp }[] =
  [
    {
      name: "its port is taken",
      args: (taken) => ["proxy", "--listen", taken],
      code: 1,
      line: /^Cannot listen on 127\.0\.0\.1:\d+: the port is taken$/,
    },
    {
      name: "the port of --admin is taken",
      args: (taken) => ["server", "--listen", "127.0.0.1:0", "--admin", taken],
      code: 1,
      line: /^Cannot listen on 127\.0\.0\.1:\d+: the port is taken$/,
    },
    {
      name: "--listen is no address",
      args: () => ["server", "--listen", "8080"],
      code: 2,
      line: /^Cannot parse listen address "8080": write ":8080"$/,
    },
    {
      name: "--target is no server",
      args: () => ["proxy", "--target", "localhost"],
      code: 2,
      line: /^Cannot use TARGET "localhost": /,
    },
    {
      name: "--key is missing",
      args: () => ["proxy", "--cert", "cert.pem"],
      code: 2,
      line: /^Cannot use CERT: KEY is missing$/,
    },
    {
      name: "a flag is unknown",
      args: () => ["proxy", "--no"],
      code: 2,
      line: /unknown option '--no'/,
    },
  ];
for (const { name, args, code, line } of failures) {
  Deno.test(`cli/main.ts ends with ${code} and one line when ${name}`, async () => {
    await using other = await listen({ address: "127.0.0.1:0" }, () => reply(200));
    const ended = await Program.run([CLI, ...args(new URL(other.url).host)]);
    assertEquals([ended.code, ended.stdout], [code, ""], ended.stderr);
    assertMatch(ended.stderr, /^[^\n]+\n$/);
    assertMatch(ended.stderr.trimEnd(), line);
  });
}

Deno.test("cli/main.ts ends with the client's exit code", async () => {
  await using server = await listen({ address: "127.0.0.1:0" }, () => reply(500, "broken"));
  const { code, stdout, stderr } = await Program.run([CLI, "client", "--fail", server.url]);
  assertEquals([code, stdout], [22, "broken"]);
  assertMatch(stderr, /^500 Internal Server Error\n/);
});

Deno.test("main() stops a server when its signal fires, before and after the start", async () => {
  const args = ["server", "--listen", "127.0.0.1:0"];
  assertEquals(await main(args, testIo({ signal: AbortSignal.abort() })), 0);

  const stop = new AbortController();
  const io = testIo({ signal: stop.signal });
  const lines: string[] = [];
  const stderr = {
    isTerminal: () => false,
    write(bytes: Uint8Array): number {
      lines.push(new TextDecoder().decode(bytes));
      stop.abort();
      return bytes.byteLength;
    },
  };
  assertEquals(await main(args, { ...io, stderr }), 0);
  assertMatch(lines.join(""), /^pinGo .*\n {2}echo +http[^]*stopped\n$/);
});
