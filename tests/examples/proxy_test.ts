import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Handler, listen, type Listener, reply } from "../../core/mod.ts";
import { echoHandler } from "../../cli/mod.ts";
import { needs } from "../support/needs.ts";
import { certificateFiles } from "./_certificate_files.ts";
import { curl } from "./_curl.ts";
import { type Env, Program } from "./_program.ts";

const PROXY = ["examples/proxy.ts"];

function serve(handler: Handler): Promise<Listener> {
  return listen({ address: "127.0.0.1:0" }, handler);
}

async function getText(url: string): Promise<string> {
  return await (await fetch(url)).text();
}

Deno.test({
  ...needs("curl", "examples/proxy.ts shows something when nothing is set"),
  async fn() {
    await using proxy = await Program.start(PROXY);
    assertMatch(proxy.stderr, /^pinGo \d+\.\d+\.\d+, pid \d+\n/);
    assertStringIncludes(proxy.stderr, `pid ${proxy.pid}\n`);
    assertMatch(proxy.stderr, /^ {2}proxy +http:\/\/127\.0\.0\.1:\d+ \(\w+ engine, /m);
    assertStringIncludes(proxy.stderr, "TARGET=host:port");
    // The line that it prints, as a user would paste it.
    const line = /^Try it: curl (.+)$/m.exec(proxy.stderr)?.[1] ?? "";
    const { stdout } = await curl(...line.split(" "));
    assertMatch(stdout, /^HTTP\/1\.1 200 OK\r\n/);
    assertStringIncludes(stdout, "This page went through your proxy.");
  },
});

Deno.test({
  name: "examples/proxy.ts shares its port where REUSE_PORT is on",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using first = await Program.start(PROXY, { REUSE_PORT: "on" });
    const { host } = new URL(first.url("proxy"));
    await using second = await Program.start(PROXY, { REUSE_PORT: "on", LISTEN: host });
    assertEquals(second.url("proxy"), first.url("proxy"));
    first.kill("SIGTERM");
    assertEquals((await first.ended()).code, 0);
    assertStringIncludes(await getText(second.url("proxy")), "This page went through your proxy.");
    const alone = await Program.run(PROXY, { LISTEN: host });
    assertEquals(alone.code, 1);
  },
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`examples/proxy.ts ends with 0 when ${signal} comes`, async () => {
    await using proxy = await Program.start(PROXY);
    await getText(proxy.url("proxy"));
    proxy.kill(signal);
    const { code, stdout, stderr } = await proxy.ended();
    assertEquals([code, stdout], [0, ""]);
    assertStringIncludes(stderr, "stopped");
  });
}

Deno.test({
  ...needs("curl", "examples/proxy.ts takes IPv4 and IPv6 when LISTEN is a port alone"),
  async fn() {
    await using proxy = await Program.start(PROXY, { LISTEN: ":0" });
    const { port } = new URL(proxy.url("proxy"));
    for (const host of ["127.0.0.1", "[::1]"]) {
      const { stdout } = await curl("-g", `http://${host}:${port}/echo`);
      assertStringIncludes(stdout, `host: ${host}:${port}\n`);
    }
  },
});

Deno.test({
  ...needs("curl", "examples/proxy.ts listens on IPv6 loopback alone when LISTEN says so"),
  async fn() {
    await using proxy = await Program.start(PROXY, { LISTEN: "[::1]:0" });
    const { host, port } = new URL(proxy.url("proxy"));
    assertEquals(host, `[::1]:${port}`);
    assertEquals((await curl("-g", proxy.url("proxy"))).code, 0);
    assertEquals((await curl(`http://127.0.0.1:${port}/`)).code, 7);
  },
});

Deno.test({
  ...needs("curl", "examples/proxy.ts listens on a unix socket, and removes it when it stops"),
  async fn() {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/x.sock`;
    await using proxy = await Program.start(PROXY, { LISTEN: `unix:${path}` });
    assertStringIncludes(proxy.stderr, `curl -i --unix-socket ${path} http://localhost/\n`);
    const { stdout } = await curl("--unix-socket", path, "http://app.local/echo");
    assertStringIncludes(stdout, "host: app.local\n");
    proxy.kill("SIGTERM");
    assertEquals((await proxy.ended()).code, 0);
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
    await Deno.remove(folder);
  },
});

const targets: { name: string; target: (upstream: Listener) => string }[] = [
  { name: "host and port", target: ({ url }) => url.slice("http://".length) },
  { name: "a URL", target: ({ url }) => `${url}/` },
];
for (const { name, target } of targets) {
  Deno.test(`examples/proxy.ts passes requests on when TARGET is ${name}`, async () => {
    await using upstream = await serve(echoHandler());
    await using proxy = await Program.start(PROXY, { TARGET: target(upstream) });
    const { host } = new URL(proxy.url("proxy"));
    const response = await fetch(`${proxy.url("proxy")}/a%20b?c`, { method: "POST", body: "hi" });
    const lines = (await response.text()).split("\n");
    assertEquals([lines[0], lines.at(-1)], ["POST /a%20b?c HTTP/1.1", "hi"]);
    assert(lines.includes(`host: ${host}`), "the client's Host is passed on");
    assert(lines.includes("x-forwarded-for: 127.0.0.1"));
  });
}

Deno.test("examples/proxy.ts passes requests on when TARGET is a unix socket", async () => {
  const folder = await Deno.makeTempDir();
  await using _upstream = await listen({ address: `unix:${folder}/s` }, () => reply(200, "unix"));
  await using proxy = await Program.start(PROXY, { TARGET: `unix:${folder}/s` });
  assertEquals(await getText(proxy.url("proxy")), "unix");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("examples/proxy.ts takes several targets in turn", async () => {
  await using one = await serve(() => reply(200, "one"));
  await using two = await serve(() => reply(200, "two"));
  await using proxy = await Program.start(PROXY, { TARGET: `${one.url}, ${two.url}` });
  const url = proxy.url("proxy");
  assertEquals([await getText(url), await getText(url), await getText(url)], ["one", "two", "one"]);
});

Deno.test({
  ...needs(
    "curl",
    "examples/proxy.ts speaks TLS with HTTP/1.1 and HTTP/2 when CERT and KEY are set",
  ),
  async fn() {
    await using files = await certificateFiles();
    await using upstream = await serve(echoHandler());
    await using proxy = await Program.start(PROXY, {
      CERT: files.cert,
      KEY: files.key,
      TARGET: upstream.url,
    });
    const url = proxy.url("proxy");
    assertMatch(url, /^https:/);
    assertStringIncludes(proxy.stderr, `curl -i -k ${url}/\n`);
    for (const [flag, version] of [["--http1.1", "1.1"], ["--http2", "2"]]) {
      const shown = await curl(flag, "--cacert", files.cert, "-w", "%{http_version}", `${url}/p`);
      assertEquals(shown.code, 0, shown.stderr);
      assertMatch(shown.stdout, /^GET \/p HTTP\/1\.1\n/);
      assertStringIncludes(shown.stdout, "x-forwarded-proto: https\n");
      assertMatch(shown.stdout, new RegExp(`\n${version.replace(".", "\\.")}$`));
    }
  },
});

const formats: { value: string; want: RegExp }[] = [
  { value: "off", want: /^$/ },
  { value: "", want: /^$/ },
  {
    value: "combined",
    want: /^127\.0\.0\.1 - - \[[^\]]+\] "GET \/a\?b HTTP\/1\.1" 404 \d+ "-" "\S+"\n$/,
  },
  { value: "json", want: /^\{"time":"[^"]+",.*"target":"\/a\?b".*"status":404,.*\}\n$/ },
];
for (const { value, want } of formats) {
  Deno.test(`examples/proxy.ts writes its access log to stdout when ACCESS_LOG is "${value}"`, async () => {
    await using proxy = await Program.start(PROXY, { ACCESS_LOG: value });
    await getText(`${proxy.url("proxy")}/a?b`);
    proxy.kill("SIGTERM");
    assertMatch((await proxy.ended()).stdout, want);
  });
}

Deno.test("examples/proxy.ts serves metrics and probes on ADMIN", async () => {
  await using proxy = await Program.start(PROXY, { ADMIN: "127.0.0.1:0" });
  const admin = proxy.url("admin");
  await getText(proxy.url("proxy"));
  assertEquals(await getText(`${admin}/healthz`), "ok\n");
  assertEquals(await getText(`${admin}/readyz`), "ready\n");
  assertEquals((await fetch(admin, { method: "HEAD" })).status, 404);
  const metrics = await getText(`${admin}/metrics`);
  assertStringIncludes(
    metrics,
    `pingo_http_requests_total{service="proxy",method="GET",status="200"} 1\n`,
  );
  assertStringIncludes(metrics, `pingo_http_requests_in_flight{service="proxy"} 0\n`);
});

Deno.test("examples/proxy.ts takes no path for itself when there is no ADMIN", async () => {
  await using upstream = await serve(({ request }) => reply(200, request.target));
  await using proxy = await Program.start(PROXY, { TARGET: upstream.url });
  for (const path of ["/metrics", "/healthz", "/readyz"]) {
    assertEquals(await getText(proxy.url("proxy") + path), path);
  }
});

const refused: { name: string; env: Env; line: RegExp }[] = [
  { name: "LISTEN is a number", env: { LISTEN: "8080" }, line: /^Cannot parse .*write ":8080"$/ },
  { name: "LISTEN is a URL", env: { LISTEN: "http://a:1" }, line: /^Cannot parse .*it is a URL/ },
  {
    name: "TARGET has no port",
    env: { TARGET: "localhost" },
    line: /^Cannot use TARGET "localhost"/,
  },
  {
    name: "TARGET has a path",
    env: { TARGET: "http://localhost:1/path" },
    line: /^Cannot use TARGET "http:\/\/localhost:1\/path": write host:port/,
  },
  { name: "one of TARGET is empty", env: { TARGET: "a:1,,b:2" }, line: /^Cannot use TARGET ""/ },
  { name: "CERT is alone", env: { CERT: "x.pem" }, line: /^Cannot use CERT: KEY is missing$/ },
  {
    name: "CERT is not there",
    env: { CERT: "/nowhere", KEY: "/nowhere" },
    line: /^Cannot read CERT "\/nowhere": there is no such file$/,
  },
  { name: "ACCESS_LOG is unknown", env: { ACCESS_LOG: "on" }, line: /^Cannot use ACCESS_LOG "on"/ },
  {
    name: "ADMIN is open",
    env: { ADMIN: "0.0.0.0:0" },
    line: /^Cannot serve ADMIN on 0\.0\.0\.0:0/,
  },
  {
    name: "the folder of the socket is not there",
    env: { LISTEN: "unix:/nowhere/x.sock" },
    line: /^Cannot listen on unix:\/nowhere\/x\.sock: the directory does not exist$/,
  },
];
for (const { name, env, line } of refused) {
  Deno.test(`examples/proxy.ts ends with 2 and one line when ${name}`, async () => {
    const ended = await Program.run(PROXY, { LISTEN: "127.0.0.1:0", ...env });
    assertEquals([ended.code, ended.stdout], [2, ""], ended.stderr);
    assertMatch(ended.stderr, /^[^\n]+\n$/);
    assertMatch(ended.stderr.trimEnd(), line);
  });
}

Deno.test("examples/proxy.ts ends with 2 and one line when the key is of another certificate", async () => {
  await using files = await certificateFiles();
  const { otherKey } = await import("../core/listen/_certificate.ts");
  await Deno.writeTextFile(files.key, otherKey);
  const env = { LISTEN: "127.0.0.1:0", CERT: files.cert, KEY: files.key };
  const { code, stderr } = await Program.run(PROXY, env);
  assertEquals(code, 2);
  assertEquals(
    stderr,
    `Cannot use ${files.cert} with ${files.key}: the key belongs to another one\n`,
  );
});

const taken: { name: string; env: (url: URL) => Env }[] = [
  { name: "LISTEN", env: ({ host }) => ({ LISTEN: host }) },
  { name: "ADMIN", env: ({ host }) => ({ LISTEN: "127.0.0.1:0", ADMIN: host }) },
];
for (const { name, env } of taken) {
  Deno.test(`examples/proxy.ts ends with 1 and one line when the port of ${name} is taken`, async () => {
    await using other = await serve(() => reply(200));
    const { code, stdout, stderr } = await Program.run(PROXY, env(new URL(other.url)));
    assertEquals([code, stdout], [1, ""]);
    assertMatch(stderr, /^Cannot listen on 127\.0\.0\.1:\d+: the port is taken\n$/);
  });
}
