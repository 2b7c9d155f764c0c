import { assert, assertEquals, assertFalse, assertMatch, assertThrows } from "@std/assert";
import {
  accessLog,
  type AccessLogOptions,
  compose,
  type Handler,
  peer,
  reply,
  requestHead,
  requestId,
  responseHead,
  ServerExchange,
  toFetch,
  toReply,
} from "../../../core/mod.ts";
import { localTime } from "../../../core/telemetry/_log_time.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock, systemClock } from "../../../timeout/mod.ts";
import { findProgram, needs } from "../../support/needs.ts";
import { finish, makeExchange, type MakeOptions, makeSink } from "./_make.ts";

/** The line that an exchange gives. */
function lineOf(
  options: AccessLogOptions,
  make: MakeOptions,
  end: (exchange: ServerExchange) => void = (exchange) => finish(exchange, 200, { sentBytes: 5 }),
): string {
  const sink = makeSink();
  const exchange = makeExchange(make);
  accessLog(sink, options).observe(exchange);
  assertEquals(sink.lines, []);
  end(exchange);
  assertEquals(sink.lines.length, 1);
  return sink.lines[0];
}

function untimed(line: string): string {
  return line.replace(/\[\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}\]/, "[time]");
}

Deno.test("accessLog() writes the combined format", () => {
  const headers = { "user-agent": "curl/8", referer: "http://a/" };
  assertEquals(
    untimed(lineOf({}, { method: "POST", target: "/a?b=%20", headers })),
    '192.0.2.7 - - [time] "POST /a?b=%20 HTTP/1.1" 200 5 "http://a/" "curl/8"',
  );
});

Deno.test("accessLog() escapes the combined format as nginx does", () => {
  const headers = { "user-agent": 'a"b\\c\td\x80\xff', referer: "" };
  assertEquals(
    untimed(lineOf({}, { target: '/"\\\xe9', headers })),
    '192.0.2.7 - - [time] "GET /\\x22\\x5C\\xE9 HTTP/1.1" 200 5 "" "a\\x22b\\x5Cc\\x09d\\x80\\xFF"',
  );
});

Deno.test("accessLog() writes the client, the user and the protocol of the combined format", () => {
  const cases: [name: string, make: MakeOptions, start: string, protocol: string][] = [
    ["IPv6", { client: { address: "2001:db8::1" } }, "2001:db8::1 - ada", "HTTP/1.1"],
    ["unix", { client: { address: "", transport: "unix" } }, "unix: - ada", "HTTP/1.1"],
    ["memory", { client: { address: "", transport: "memory" } }, "- - ada", "HTTP/1.1"],
    ["HTTP/1.0", { version: "1.0" }, "192.0.2.7 - ada", "HTTP/1.0"],
    ["HTTP/2", { version: "2" }, "192.0.2.7 - ada", "HTTP/2.0"],
  ];
  for (const [name, make, start, protocol] of cases) {
    const line = untimed(lineOf({ user: () => "ada" }, make));
    assertEquals(line, `${start} [time] "GET / ${protocol}" 200 5 "-" "-"`, name);
  }
});

Deno.test("accessLog() escapes the user, who may have any name", () => {
  assertMatch(lineOf({ user: () => 'a" 200\n€' }, {}), /- a\\x22 200\\x0A\\xE2\\x82\\xAC \[/);
});

Deno.test("accessLog() writes - for a number of bytes that nobody knows", () => {
  const line = lineOf({}, {}, (exchange) => finish(exchange, 200, { sentBytes: -1 }));
  assertMatch(line, /" 200 - "/);
});

Deno.test("accessLog() writes status 499 when the client left before there was one", () => {
  const line = lineOf({}, {}, (exchange) => exchange.end(new ProxyError("client_gone"), 0));
  assertMatch(line, /" 499 0 "/);
});

Deno.test("localTime() writes the time and the zone as nginx does", () => {
  const cases: [epoch: number, offset: number, text: string][] = [
    [Date.UTC(2000, 9, 10, 20, 55, 36), -420, "10/Oct/2000:13:55:36 -0700"],
    [Date.UTC(2026, 0, 1, 0, 0, 0, 999), 0, "01/Jan/2026:00:00:00 +0000"],
    [Date.UTC(2025, 11, 31, 23, 59, 59), 345, "01/Jan/2026:05:44:59 +0545"],
    [Date.UTC(2026, 6, 1, 12), -210, "01/Jul/2026:08:30:00 -0330"],
  ];
  for (const [epoch, offset, text] of cases) assertEquals(localTime(epoch, offset), text);
});

Deno.test("accessLog() writes the local time of the end", () => {
  const epoch = Date.UTC(2026, 5, 7, 8, 9, 10);
  const clock = new FakeClock({ epoch });
  const line = lineOf({}, { clock }, (exchange) => {
    clock.advance(5_000);
    finish(exchange, 200);
  });
  const offset = -new Date(epoch).getTimezoneOffset();
  assert(line.includes(`[${localTime(epoch + 5_000, offset)}]`), line);
});

Deno.test("accessLog() writes JSON with all that is known", () => {
  const clock = new FakeClock({ epoch: Date.UTC(2026, 0, 2, 3, 4, 5, 6), now: 1000 });
  const line = lineOf({
    format: "json",
    requestHeaders: ["X-Tenant", "X-None"],
    responseHeaders: ["Content-Type"],
    user: () => "ada",
  }, {
    clock,
    method: "PUT",
    target: "/a",
    scheme: "https",
    authority: "example.com",
    headers: { "user-agent": 'u"\u00e9', "x-tenant": "t1" },
  }, (exchange) => {
    exchange.id = "id-1";
    exchange.peer = peer("http://[::1]:81");
    exchange.receivedBytes = 7;
    exchange.timings.attempts = 2;
    exchange.timings.upstreamStart = clock.now() + 1;
    exchange.timings.upstreamConnected = clock.now() + 3.0004;
    exchange.timings.upstreamHead = clock.now() + 9;
    clock.advance(12.34567);
    exchange.error = new ProxyError("upstream_timeout");
    finish(exchange, 504, { headers: { "content-type": "text/html" }, sentBytes: -1 });
  });
  assertEquals(JSON.parse(line), {
    time: "2026-01-02T03:04:05.018Z",
    id: "id-1",
    client: "192.0.2.7",
    method: "PUT",
    target: "/a",
    scheme: "https",
    host: "example.com",
    protocol: "HTTP/1.1",
    status: 504,
    sentBytes: null,
    receivedBytes: 7,
    durationMs: 12.346,
    upstream: "[::1]:81",
    upstreamConnectMs: 2,
    upstreamHeadMs: 8,
    attempts: 2,
    error: "upstream_timeout",
    userAgent: 'u"\u00e9',
    referer: null,
    user: "ada",
    requestHeaders: { "x-tenant": "t1" },
    responseHeaders: { "content-type": "text/html" },
  });
});

Deno.test("accessLog() writes null in JSON for what did not happen", () => {
  const { upstream, upstreamConnectMs, upstreamHeadMs, attempts, error, userAgent } = JSON.parse(
    lineOf({ format: "json" }, {}),
  );
  assertEquals([upstream, upstreamConnectMs, upstreamHeadMs, attempts, error, userAgent], [
    null,
    null,
    null,
    0,
    null,
    null,
  ]);
});

Deno.test("accessLog() does not take the head of an earlier attempt for the last one's", () => {
  const line = lineOf({ format: "json" }, { clock: new FakeClock({ now: 100 }) }, (exchange) => {
    Object.assign(exchange.timings, { upstreamConnected: 101, upstreamHead: 110 });
    exchange.timings.upstreamStart = 120;
    finish(exchange, 502);
  });
  const { upstreamConnectMs, upstreamHeadMs } = JSON.parse(line);
  assertEquals([upstreamConnectMs, upstreamHeadMs], [null, null]);
});

Deno.test("accessLog() never writes secrets, also when they are asked for", () => {
  const secrets = ["authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key"];
  const headers = secrets.map((name) => [name, "hunter2"] as const);
  const options: AccessLogOptions = {
    requestHeaders: secrets.map((name) => name.toUpperCase()),
    responseHeaders: secrets,
    redact: ["X-Api-Key", "User-Agent", "Referer"],
  };
  const make = {
    headers: [...headers, ["user-agent", "hunter2"] as const, ["referer", "hunter2"] as const],
  };
  const end = (exchange: ServerExchange) => finish(exchange, 200, { headers });
  const redacted = Object.fromEntries(secrets.map((name) => [name, "[redacted]"]));
  const json = lineOf({ ...options, format: "json" }, make, end);
  assertFalse(json.includes("hunter2"));
  assertEquals(JSON.parse(json).requestHeaders, redacted);
  assertEquals(JSON.parse(json).responseHeaders, redacted);
  assertFalse(lineOf(options, make, end).includes("hunter2"));
  const own = lineOf({ ...options, format: (entry) => JSON.stringify(entry) }, make, end);
  assertFalse(own.includes("hunter2"));
  assertEquals(JSON.parse(own).status, 200);
});

Deno.test("accessLog() writes the request as it arrived when a filter has changed it", () => {
  const line = lineOf(
    { format: "json", requestHeaders: ["x-a"] },
    { target: "/before", headers: { "x-a": "before", "user-agent": "before", host: "before" } },
    (exchange) => {
      exchange.request.method = "PUT";
      exchange.request.target = "/after";
      for (const name of ["x-a", "user-agent", "host"]) exchange.request.headers.set(name, "after");
      finish(exchange, 200);
    },
  );
  const { method, target, host, userAgent, requestHeaders } = JSON.parse(line);
  assertEquals([method, target, host, userAgent, requestHeaders], [
    "GET",
    "/before",
    "before",
    "before",
    { "x-a": "before" },
  ]);
});

Deno.test("accessLog() writes what an own format makes, and nothing for null", () => {
  const sink = makeSink();
  const log = accessLog(sink, {
    format: ({ target, durationMs }, exchange) =>
      target === "/healthz" ? null : `${target} ${durationMs} ${exchange.state}`,
  });
  for (const target of ["/healthz", "/a"]) {
    const exchange = makeExchange({ target });
    log.observe(exchange);
    exchange.state = "mine";
    finish(exchange, 200);
  }
  assertEquals(sink.lines, ["/a 0 mine"]);
});

Deno.test("accessLog() samples by chance, but writes every failure", () => {
  const sink = makeSink();
  const draws = [0.05, 0.5, 0.099, 0.1];
  const log = accessLog(sink, {
    format: ({ target }) => target,
    sample: 0.1,
    random: () => draws.shift() ?? 1,
  });
  for (const target of ["/kept1", "/no1", "/kept2", "/no2"]) {
    const exchange = makeExchange({ target });
    log.observe(exchange);
    finish(exchange, 404);
  }
  const broken = makeExchange({ target: "/broken" });
  log.observe(broken);
  broken.begin(responseHead(200));
  broken.end(new ProxyError("upstream_body_broken"), 1);
  const failed = makeExchange({ target: "/failed" });
  log.observe(failed);
  finish(failed, 503);
  assertEquals(sink.lines, ["/kept1", "/kept2", "/broken", "/failed"]);
});

Deno.test("accessLog() throws when an option is wrong", () => {
  const sink = makeSink();
  const format = JSON.parse('"xml"');
  assertThrows(() => accessLog(sink, { format }), TypeError, 'no format "xml"');
  assertThrows(() => accessLog(sink, { sample: 1.1 }), RangeError, "sample 1.1");
  assertThrows(() => accessLog(sink, { sample: NaN }), RangeError, "sample NaN");
  assertThrows(() => accessLog(sink, { redact: ["a b"] }), TypeError, '"a b" is not the name');
});

Deno.test("accessLog() fits into a chain whose exchanges have a state of their own", async () => {
  const sink = makeSink();
  const handler: Handler<{ user: string }> = (exchange) => reply(200, exchange.state.user);
  const log = accessLog(sink, { format: ({ id, status }) => `${id} ${status}` });
  const chain = compose([log, requestId({ makeId: () => "7" })], handler);
  const exchange = new ServerExchange<{ user: string }>(requestHead(), {
    client: { address: "", port: 0, transport: "memory", scheme: "http" },
    clock: new FakeClock(),
  });
  exchange.state = { user: "ada" };
  exchange.begin(toReply(await chain(exchange)));
  exchange.end(null, 3);
  assertEquals(sink.lines, ["7 200"]);
});

Deno.test("accessLog() writes once for each request that a server answers", async () => {
  const sink = makeSink();
  const log = accessLog(sink, {
    format: ({ method, target, status, sentBytes, error, client }) =>
      `${client} ${method} ${target} ${status} ${sentBytes} ${error}`,
  });
  const handler: Handler = ({ path }) => {
    if (path === "/throws") throw new ProxyError("no_upstream");
    return reply(200, path === "/empty" ? null : "hello");
  };
  const serve = { hostname: "127.0.0.1", port: 0, onListen() {} };
  const server = Deno.serve(serve, toFetch(handler, { onExchange: log.observe }));
  const origin = `http://127.0.0.1:${server.addr.port}`;
  for (const path of ["/a?b=c", "/empty", "/throws"]) {
    await (await fetch(`${origin}${path}`, { headers: { accept: "text/plain" } })).text();
  }
  await (await fetch(`${origin}/head`, { method: "HEAD" })).text();
  // Refused before any handler runs: only `observe` sees it.
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.addr.port });
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"));
  await conn.read(new Uint8Array(4096));
  conn.close();
  await server.shutdown();
  const [ok, empty, thrown, head, refused] = sink.lines;
  assertEquals(ok, "127.0.0.1 GET /a?b=c 200 5 null");
  assertEquals(empty, "127.0.0.1 GET /empty 200 0 null");
  assertMatch(thrown, /^127\.0\.0\.1 GET \/throws 503 \d+ no_upstream$/);
  assertEquals(head, "127.0.0.1 HEAD /head 200 0 null");
  assertMatch(refused, /^127\.0\.0\.1 GET \/ 400 \d+ bad_request$/);
  assertEquals(sink.lines.length, 5);
});

Deno.test({
  ...needs("nginx", "accessLog() writes the very line of nginx's combined format"),
  fn: async () => {
    const folder = await Deno.makeTempDir();
    const socket = `${folder}/s`;
    await Deno.writeTextFile(
      `${folder}/nginx.conf`,
      `daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
       events {}
       http {
         access_log ${folder}/access.log combined;
         client_body_temp_path ${folder}/b; proxy_temp_path ${folder}/p;
         fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/c;
         server { listen unix:${socket}; keepalive_timeout 0; location / { return 200 hello; } }
       }`,
    );
    const nginx = new Deno.Command(findProgram("nginx") ?? "nginx", {
      args: ["-c", `${folder}/nginx.conf`, "-e", `${folder}/error.log`],
      stdout: "null",
      stderr: "null",
    }).spawn();
    const cases: [target: string, headers: [string, string][]][] = [
      ["/", []],
      ['/a"b\\c?%20=~{}', [["User-Agent", 'Mozilla/5.0 "x" \\ y'], ["Referer", "http://r/?a=b"]]],
      ["/\xe9\xff\x80", [["User-Agent", "caf\xe9 \u007e | ~"], ["Referer", ""]]],
      ["/x", [["User-Agent", "tab\there"]]],
    ];
    const ours: string[] = [];
    try {
      for (const [target, headers] of cases) {
        const fields = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
        await exchangeRaw(socket, `GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
        const client = { address: "", transport: "unix" } as const;
        ours.push(untimed(lineOf({}, { target, headers, client })));
      }
    } finally {
      nginx.kill("SIGQUIT");
      await nginx.status;
    }
    const theirs = await Deno.readTextFile(`${folder}/access.log`);
    assertEquals(theirs.trimEnd().split("\n").map(untimed), ours);
    await Deno.remove(folder, { recursive: true });
  },
});

/** Sends Latin-1 text to a unix socket, which may take a moment to be there, and reads to the end. */
async function exchangeRaw(path: string, request: string): Promise<void> {
  for (let tries = 0;; tries++) {
    try {
      using conn = await Deno.connect({ transport: "unix", path });
      await conn.write(Uint8Array.from(request, (c) => c.charCodeAt(0)));
      while (await conn.read(new Uint8Array(4096)) !== null);
      return;
    } catch (error) {
      const isStarting = error instanceof Deno.errors.NotFound ||
        error instanceof Deno.errors.ConnectionRefused;
      if (!isStarting || tries > 500) throw error;
      // No event tells that nginx listens.
      await new Promise<void>((fire) => systemClock.setTimer(fire, 10));
    }
  }
}
