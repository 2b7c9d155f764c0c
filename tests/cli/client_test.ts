import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Handler, listen, type Listener, reply } from "../../core/mod.ts";
import { FakeClock } from "../../timeout/mod.ts";
import { echoHandler, main } from "../../cli/mod.ts";
import { findProgram, needs } from "../support/needs.ts";
import { deadAddress } from "../support/ports.ts";
import { testTls } from "../core/listen/_certificate.ts";
import { testIo, type TestIoOptions } from "./_test_io.ts";

/** Runs `pingo client`. */
async function client(args: readonly string[], options?: TestIoOptions) {
  const io = testIo(options);
  const code = await main(["client", ...args], io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text, bytes: io.stdout.bytes };
}

function serve(handler: Handler): Promise<Listener> {
  return listen({ address: "127.0.0.1:0" }, handler);
}

Deno.test("client writes the content to stdout and the head to stderr", async () => {
  await using server = await serve(() => reply(201, "hello"));
  const { code, stdout, stderr } = await client([server.url]);
  assertEquals([code, stdout], [0, "hello"]);
  assertMatch(stderr, /^201 Created\ncontent-length: 5\ndate: .+ GMT\n\n$/);
});

Deno.test("client takes the URL from the environment, and the argument before it", async () => {
  await using server = await serve(({ request }) => reply(200, request.target));
  const env = { URL: `${server.url}/from-env` };
  assertEquals((await client([], { env })).stdout, "/from-env");
  assertEquals((await client([`${server.url}/from-argument`], { env })).stdout, "/from-argument");
  assertEquals((await client(["--url", `${server.url}/flag`], { env })).stdout, "/flag");
});

Deno.test("client sends method, header fields and data as it is told", async () => {
  await using server = await serve(echoHandler());
  const host = server.url.slice("http://".length);
  const { stdout } = await client([
    ...["-X", "PUT", "-H", "X-One: 1", "-H", "x-one: 2", "-H", "Accept: text/html", "-d", "hällo"],
    `${host}/a?b`,
  ]);
  const lines = stdout.split("\n");
  assertEquals(lines[0], "PUT /a?b HTTP/1.1");
  assertEquals(lines.at(-1), "hällo");
  for (const line of ["accept: text/html", `host: ${host}`, "content-length: 6"]) {
    assertEquals(stdout.toLowerCase().split("\n").includes(line), true, `${line} in ${stdout}`);
  }
  assertEquals(valuesOf("accept", lines), ["text/html"]);
  assertEquals(valuesOf("x-one", lines), ["1", "2"]);
});

/** The values of a field in an echo. */
function valuesOf(name: string, lines: readonly string[]): string[] {
  return lines.filter((line) => line.toLowerCase().startsWith(`${name}: `)).map((line) =>
    line.slice(name.length + 2)
  );
}

const contents: { name: string; data: (path: string) => string; stdin?: string; want: string }[] = [
  { name: "a text", data: () => "a text", want: "a text" },
  { name: "a file", data: (path) => `@${path}`, want: "from a file" },
  { name: "standard input as -", data: () => "-", stdin: "from stdin", want: "from stdin" },
  { name: "standard input as @-", data: () => "@-", stdin: "from stdin", want: "from stdin" },
];
for (const { name, data, stdin, want } of contents) {
  Deno.test(`client sends ${name} as the content of a POST`, async () => {
    await using server = await serve(echoHandler());
    const path = await Deno.makeTempFile();
    await Deno.writeTextFile(path, "from a file");
    const { code, stdout } = await client(["-d", data(path), server.url], { stdin });
    await Deno.remove(path);
    assertEquals(code, 0);
    assertMatch(stdout, /^POST \/ HTTP\/1\.1\n/);
    assertEquals(stdout.split("\n\n")[1], want);
  });
}

Deno.test("client shows a redirect and does not follow it", async () => {
  await using server = await serve(({ request }) =>
    request.target === "/"
      ? reply(302, "over there", { headers: { location: "/next" } })
      : reply(200)
  );
  const { code, stdout, stderr } = await client(["-v", server.url]);
  assertEquals([code, stdout], [0, "over there"]);
  assertStringIncludes(stderr, "< 302 Found\n");
  assertStringIncludes(stderr, "< location: /next\n");
});

Deno.test("client -v shows what is sent and what comes back", async () => {
  await using server = await serve(() => reply(200, "x", { headers: { "x-a": "1" } }));
  const { stderr } = await client(["-v", "-H", "X-B: 2", `${server.url}/p`]);
  assertMatch(stderr, /^> GET \/p\n> host: 127\.0\.0\.1:\d+\n/);
  assertStringIncludes(stderr, "> X-B: 2\n");
  assertStringIncludes(stderr, "< 200 OK\n");
  assertStringIncludes(stderr, "< x-a: 1\n");
});

Deno.test("client shows the head of the answer, and with -v how long each part took", async () => {
  await using server = await serve(() => reply(200, "x", { headers: { "x-a": "1" } }));
  const { stderr } = await client([server.url]);
  assertMatch(stderr, /^200 OK\nx-a: 1\n(?:.+\n)*\n$/);
  const ms = String.raw`\d+\.\d ms`;
  const timing = new RegExp(
    String.raw`\n\* DNS ${ms}, connect ${ms}, TLS ${ms}, first byte ${ms}, total ${ms}\n$`,
  );
  assertMatch((await client(["-v", server.url])).stderr, timing);
});

Deno.test("client passes on bytes that are no text, and encoded content, as they are", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i * 7 % 256);
  const headers = { "content-encoding": "gzip" };
  await using server = await serve(() => reply(200, bytes, { headers }));
  assertEquals((await client([server.url])).bytes, bytes);
});

Deno.test("client ends with 22 when the status is 400 or above and --fail is given", async () => {
  await using server = await serve(() => reply(404, "nothing"));
  assertEquals((await client([server.url])).code, 0);
  const failed = await client(["--fail", server.url]);
  assertEquals([failed.code, failed.stdout], [22, "nothing"]);
  assertMatch(failed.stderr, /^404 Not Found\n/);
});

Deno.test("client --fail ends with 0 when the status is below 400", async () => {
  await using server = await serve(() => reply(304));
  assertEquals((await client(["-f", server.url])).code, 0);
});

Deno.test("client ends with 1 and one line when nobody listens", async () => {
  const url = `http://${deadAddress()}`;
  const { code, stdout, stderr } = await client([url]);
  assertEquals([code, stdout], [1, ""]);
  assertEquals(stderr, `Cannot GET ${url}: the connection was refused\n`);
});

Deno.test("client ends with 1 when the answer breaks off", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield new TextEncoder().encode("part");
    await Promise.resolve();
    throw new Error("broken");
  }
  await using server = await serve(() => new Response(ReadableStream.from(broken())));
  const { code, stderr } = await client([server.url]);
  assertEquals(code, 1);
  assertMatch(stderr, /\nCannot GET http:\S+: the answer broke off\n$/);
});

Deno.test("client ends with 1 when --timeout is over", async () => {
  const clock = new FakeClock();
  const arrived = Promise.withResolvers<void>();
  const release = Promise.withResolvers<void>();
  await using server = await serve(async () => {
    arrived.resolve();
    await release.promise;
    return reply(200);
  });
  const running = client(["--timeout", "2.5", server.url], { clock });
  await arrived.promise;
  clock.advance(2_500);
  const { code, stderr } = await running;
  release.resolve();
  assertEquals(code, 1);
  assertMatch(stderr, /^Cannot GET http:\S+: it took longer than --timeout allows\n$/);
});

Deno.test("client ends with 1 when standard output cannot be written", async () => {
  await using server = await serve(() => reply(200, "hello"));
  const io = testIo();
  const stdout = {
    isTerminal: () => false,
    write(): never {
      throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
    },
  };
  assertEquals(await main(["client", server.url], { ...io, stdout }), 1);
  assertMatch(
    io.stderr.text,
    /^200 OK\n(?:.+\n)*\nCannot GET http:\S+: Broken pipe \(os error 32\)\n$/,
  );
});

Deno.test("client asks over a unix socket", async () => {
  const folder = await Deno.makeTempDir();
  await using _server = await listen({ address: `unix:${folder}/s` }, echoHandler());
  const { code, stdout } = await client(["--unix-socket", `${folder}/s`, "http://app.local/x"]);
  assertEquals(code, 0);
  assertMatch(stdout, /^GET \/x HTTP\/1\.1\n/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("client trusts the certificate that --cacert names, and none that it does not", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/cert.pem`, testTls.cert);
  await using server = await listen(
    { address: "127.0.0.1:0", tls: testTls },
    ({ request }) => reply(200, request.scheme),
  );
  const trusted = await client(["--cacert", `${folder}/cert.pem`, server.url]);
  assertEquals([trusted.code, trusted.stdout], [0, "https"], trusted.stderr);
  const strange = await client([server.url]);
  assertEquals(strange.code, 1);
  assertMatch(strange.stderr, /its certificate is not trusted; --cacert names one that is\n$/);
  await Deno.remove(folder, { recursive: true });
});

const refused: { name: string; args: readonly string[]; message: string }[] = [
  { name: "a flag is unknown", args: ["--bogus"], message: "unknown option '--bogus'" },
  { name: "a flag has no value", args: ["--method"], message: "argument missing" },
  {
    name: "there are two URLs",
    args: ["http://a/", "http://b/"],
    message: `no use for "http://b/"`,
  },
  { name: "the URL has another scheme", args: ["ftp://a/"], message: `the URL "ftp://a/"` },
  { name: "the URL has no host", args: ["http:///a"], message: "it is no URL" },
  { name: "the URL holds a password", args: ["http://a:b@c/"], message: "it holds a user name" },
  {
    name: "TLS is to go over a unix socket",
    args: ["--unix-socket", "/s", "https://a/"],
    message: "no TLS over a unix socket",
  },
  { name: "a header has no colon", args: ["-H", "x"], message: `the header "x": no colon` },
  { name: "a header name has a blank", args: ["-H", "a b: c"], message: `"a b"` },
  { name: "the method is no token", args: ["-X", "A B"], message: `the method "A B"` },
  { name: "the data file is missing", args: ["-d", "@/nowhere"], message: "no such file" },
  { name: "the CA file is missing", args: ["--cacert", "/nowhere"], message: "no such file" },
  { name: "the timeout is no number", args: ["--timeout", "soon"], message: `the timeout "soon"` },
  { name: "the timeout is 0", args: ["--timeout", "0"], message: `the timeout "0"` },
];
for (const { name, args, message } of refused) {
  Deno.test(`client ends with 2 and one line when ${name}`, async () => {
    const { code, stdout, stderr } = await client(args);
    assertEquals([code, stdout], [2, ""]);
    assertMatch(stderr, /^Cannot [^\n]+\n$/);
    assertStringIncludes(stderr, message);
  });
}

Deno.test("client never shows the password of a URL that it refuses", async () => {
  const { stderr } = await client(["http://user:hunter2@host/"]);
  assertEquals(stderr.includes("hunter2"), false, stderr);
});

Deno.test({
  ...needs("curl", "client and curl are answered the same"),
  async fn() {
    await using server = await serve(({ request }) =>
      reply(200, `you asked for ${request.target}`)
    );
    const { stdout } = await new Deno.Command(findProgram("curl") ?? "", {
      args: ["-s", `${server.url}/a?b=c`],
    }).output();
    assertEquals((await client([`${server.url}/a?b=c`])).stdout, new TextDecoder().decode(stdout));
  },
});
