import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { curl } from "../examples/_curl.ts";
import { needs } from "../support/needs.ts";
import { type RawConnection, rawServer } from "../support/raw.ts";
import { tempProject } from "../support/temp_project.ts";
import { digestOf, noise } from "./_digest.ts";
import { platform, serveProxy, wire } from "./_proxy.ts";
import { type Route, serveSite } from "./_site.ts";

/** A file that can be had from any byte on (RFC 9110 §14.2). */
function fileRoute(bytes: Uint8Array<ArrayBuffer>): Route {
  return ({ headers }) => {
    const range = /^bytes=(\d+)-$/.exec(headers.get("range") ?? "");
    if (range === null) return new Response(bytes, { headers: { "accept-ranges": "bytes" } });
    const start = Number(range[1]);
    const total = bytes.byteLength;
    return new Response(bytes.subarray(start), {
      status: 206,
      headers: { "content-range": `bytes ${start}-${total - 1}/${total}` },
    });
  };
}

const digestRoute: Route = async ({ body }) => new Response(await digestOf(body));

for (const ground of [wire, platform]) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ ...needs("curl", `curl through HttpProxy (${ground.name}) ${name}`), fn });

  test("resumes a download", async () => {
    const bytes = noise(3_000_000);
    await using site = serveSite({ "/file": fileRoute(bytes) });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using files = await tempProject({});
    const path = `${files.root}/file`;
    await Deno.writeFile(path, bytes.subarray(0, 1_234_567));
    const { code, stderr } = await curl("-C", "-", "-o", path, `${proxy.url}/file`);
    assertEquals(code, 0, stderr);
    assertEquals(proxy.requests[0].headers.get("range"), "bytes=1234567-");
    assertEquals(await digestOf(await Deno.readFile(path)), await digestOf(bytes));
  });

  test("uploads in chunks", async () => {
    const bytes = noise(3_000_000);
    await using site = serveSite({ "/digest": digestRoute });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using files = await tempProject({});
    await Deno.writeFile(`${files.root}/file`, bytes);
    const { stdout, stderr } = await curl(
      ...["-H", "Transfer-Encoding: chunked", "-T", `${files.root}/file`, `${proxy.url}/digest`],
    );
    assertEquals(stdout, await digestOf(bytes), stderr);
    assertEquals(proxy.requests[0].headers.get("transfer-encoding"), "chunked");
  });

  test("is told to go on when it expects 100", async () => {
    const bytes = noise(3_000_000);
    await using site = serveSite({ "/digest": digestRoute });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using files = await tempProject({});
    await Deno.writeFile(`${files.root}/file`, bytes);
    const { stdout, stderr } = await curl(
      ...["-v", "-H", "Expect: 100-continue", "-T", `${files.root}/file`, `${proxy.url}/digest`],
    );
    assertStringIncludes(stderr, "< HTTP/1.1 100 Continue");
    assertEquals(stdout, await digestOf(bytes));
  });

  test("gets content of unknown length by HTTP/1.0, until the connection ends", async () => {
    await using site = serveSite({
      "/": () => new Response(ReadableStream.from([new Uint8Array(100_000), new Uint8Array(7)])),
    });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    const { code, stdout, stderr } = await curl("--http1.0", "-v", `${proxy.url}/`);
    assertEquals([code, stdout.length], [0, 100_007], stderr);
    assertEquals(stderr.toLowerCase().includes("transfer-encoding"), false, stderr);
    assertMatch(stderr, /\* Closing connection/i);
    assertStringIncludes(stderr, "> GET / HTTP/1.0");
  });

  test("reuses its connection, also behind HEAD and an error", async () => {
    await using site = serveSite();
    await using proxy = await serveProxy({ upstream: site.address, ground });
    const url = `${proxy.url}/gradient.bmp`;
    const line = ["-o", "/dev/null", "-w", "%{num_connects} %{http_code} %{size_download}\n"];
    const { stdout } = await curl(
      ...["-I", ...line, url, "--next", ...line, `${proxy.url}/absent`],
      ...["--next", "-d", "form", ...line, url, "--next", ...line, url],
    );
    const lines = stdout.trim().split("\n");
    const first = lines[0].split(" ");
    assertEquals([first.slice(0, 2), lines.slice(1)], [["1", "200"], [
      "0 404 9",
      "0 200 196662",
      "0 200 196662",
    ]]);
  });

  test("sees the length behind HEAD and gets no content", async () => {
    await using site = serveSite({ "/": () => new Response("0123456789") });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    const { code, stdout } = await curl("--head", `${proxy.url}/`);
    assertEquals(code, 0);
    assertMatch(stdout, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)*content-length: 10\r\n(?:.+\r\n)*\r\n$/i);
  });

  test("reads and sends slowly", async () => {
    const bytes = noise(1_500_000);
    await using site = serveSite({ "/file": fileRoute(bytes), "/digest": digestRoute });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using files = await tempProject({});
    const path = `${files.root}/file`;
    const slowly = ["--limit-rate", "1M"];
    const down = await curl(...slowly, "-o", path, `${proxy.url}/file`);
    assertEquals(down.code, 0, down.stderr);
    assertEquals(await digestOf(await Deno.readFile(path)), await digestOf(bytes));
    const up = await curl(...slowly, "-T", path, `${proxy.url}/digest`);
    assertEquals(up.stdout, await digestOf(bytes), up.stderr);
  });

  test("comes and goes by unix sockets", async () => {
    await using files = await tempProject({});
    const upstreamPath = `${files.root}/upstream.sock`;
    await using _server = Deno.serve({ path: upstreamPath, onListen() {} }, async (request) => {
      return new Response(`${request.headers.get("host")} ${await digestOf(request.body)}`);
    });
    const address = `unix:${files.root}/proxy.sock`;
    await using _proxy = await serveProxy({ upstream: `unix:${upstreamPath}`, ground, address });
    const { stdout } = await curl(
      ...["--unix-socket", `${files.root}/proxy.sock`, "-d", "hello", "http://app.local/"],
    );
    assertEquals(stdout, `app.local ${await digestOf(new TextEncoder().encode("hello"))}`);
  });

  test("is refused a tunnel", async () => {
    await using site = serveSite();
    await using proxy = await serveProxy({ upstream: site.address, ground });
    const { code, stderr } = await curl("-p", "-x", proxy.url, "http://127.0.0.1:1/");
    assertEquals(code, 56);
    assertMatch(stderr, /\b40[05]\b/);
  });
}

// What only the own HTTP/1.1 on both sides can carry.
function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needs("curl", `curl through HttpProxy ${name}`), fn });
}

/** Answers each request with the same bytes. */
function answering(answer: string): (connection: RawConnection) => Promise<void> {
  return async (connection) => {
    for (;;) {
      await connection.readUntil("\r\n\r\n");
      await connection.send(answer);
    }
  };
}

test("sees the trailers of a response", async () => {
  await using upstream = rawServer(answering(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Digest\r\n\r\n" +
      "5\r\nhello\r\n0\r\nX-Digest: abc\r\n\r\n",
  ));
  await using proxy = await serveProxy({ upstream: upstream.address });
  await using files = await tempProject({});
  // curl shows trailers where it writes the fields of heads.
  const path = `${files.root}/fields`;
  const { stdout } = await curl("-D", path, "-H", "TE: trailers", `${proxy.url}/`);
  assertEquals(stdout, "hello");
  assertMatch(await Deno.readTextFile(path), /\r\n\r\n(?:.+\r\n)*X-Digest: abc\r\n/i);
});

test("sees early hints before the answer", async () => {
  await using upstream = rawServer(answering(
    "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n" +
      "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
  ));
  await using proxy = await serveProxy({ upstream: upstream.address });
  const { stdout, stderr } = await curl("-v", `${proxy.url}/`);
  assertEquals(stdout, "hello");
  const interim = stderr.indexOf("< HTTP/1.1 103 Early Hints");
  assert(interim >= 0 && interim < stderr.indexOf("< HTTP/1.1 200 OK"), stderr);
  assertMatch(stderr, /^< Link: <\/style\.css>; rel=preload\r$/im);
});

test("keeps its content when the upstream refuses what it expects to send", async () => {
  await using upstream = rawServer(async (connection) => {
    await connection.readUntil("\r\n\r\n");
    await connection.send(
      "HTTP/1.1 413 Content Too Large\r\nContent-Length: 7\r\nConnection: close\r\n\r\ntoo big",
    );
  });
  await using proxy = await serveProxy({ upstream: upstream.address });
  await using files = await tempProject({});
  await Deno.writeFile(`${files.root}/file`, noise(1_000_000));
  const { stdout, stderr } = await curl(
    ...["-v", "-H", "Expect: 100-continue", "-w", " %{http_code} %{size_upload}"],
    ...["-T", `${files.root}/file`, `${proxy.url}/digest`],
  );
  assertEquals(stdout, "too big 413 0", stderr);
});

test("has its path sent as it is", async () => {
  await using upstream = rawServer(async (connection) => {
    const head = await connection.readUntil("\r\n\r\n");
    const target = head.split(" ")[1];
    await connection.send(`HTTP/1.1 200 OK\r\nContent-Length: ${target.length}\r\n\r\n${target}`);
  });
  await using proxy = await serveProxy({ upstream: upstream.address });
  const path = "/a/../b//c/./%2e%2E/d?x=%41&q='\"^|";
  assertEquals((await curl("-g", "--path-as-is", `${proxy.url}${path}`)).stdout, path);
});
