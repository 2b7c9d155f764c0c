// What pinGo relies on in jsr:@std. Runs against the real packages and against the stand-in alike.
import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { eTag, ifNoneMatch, serveDir, STATUS_CODE, STATUS_TEXT } from "@std/http";
import { accepts, acceptsEncodings } from "@std/http/negotiation";
import { BaseHandler, formatters, getLogger, type LevelName, setup } from "@std/log";
import { assertSpyCalls, returnsNext, spy, stub } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import { parse, stringify } from "@std/yaml";
import { tempProject } from "../support/temp_project.ts";

Deno.test("assertThrows() and assertRejects() give the error when its class fits", async () => {
  const thrown = assertThrows(() => JSON.parse("{"), SyntaxError);
  assertInstanceOf(thrown, SyntaxError);
  const rejected = await assertRejects(() => Promise.reject(new RangeError("too far")), RangeError);
  assertEquals(rejected.message, "too far");
});

const files: { name: string; path: string; headers?: HeadersInit; status: number; body: string }[] =
  [
    { name: "a file", path: "/a.txt", status: 200, body: "0123456789" },
    { name: "index.html of a folder", path: "/docs/", status: 200, body: "<p>hi</p>" },
    { name: "404 when there is none", path: "/b.txt", status: 404, body: "Not Found" },
    { name: "404 for a dotfile", path: "/.secret", status: 404, body: "Not Found" },
    { name: "a redirect to a folder", path: "/docs", status: 301, body: "" },
    { name: "a redirect when a path leaves the root", path: "/..%2fa", status: 301, body: "" },
    {
      name: "a range",
      path: "/a.txt",
      headers: { range: "bytes=2-4" },
      status: 206,
      body: "234",
    },
    {
      name: "the last bytes",
      path: "/a.txt",
      headers: { range: "bytes=-3" },
      status: 206,
      body: "789",
    },
    {
      name: "416 when a range begins behind the end",
      path: "/a.txt",
      headers: { range: "bytes=10-" },
      status: 416,
      body: "Range Not Satisfiable",
    },
  ];
for (const { name, path, headers, status, body } of files) {
  Deno.test(`serveDir() answers with ${name}`, async () => {
    await using project = await tempProject({
      "a.txt": "0123456789",
      "docs/index.html": "<p>hi</p>",
      ".secret": "secret",
    });
    const request = new Request(`http://localhost${path}`, { headers });
    const response = await serveDir(request, { fsRoot: project.root, quiet: true });
    assertEquals({ status: response.status, body: await response.text() }, { status, body });
  });
}

Deno.test("serveDir() answers 304 when the client has the file", async () => {
  await using project = await tempProject({ "a.txt": "text" });
  const get = (headers: HeadersInit): Promise<Response> =>
    serveDir(new Request("http://localhost/s/a.txt", { headers }), {
      fsRoot: project.root,
      urlRoot: "s",
      quiet: true,
    });
  const first = await get({});
  assertEquals(await first.text(), "text");
  assertEquals(first.headers.get("content-type"), "text/plain; charset=UTF-8");
  const second = await get({ "if-none-match": first.headers.get("etag") ?? "" });
  assertEquals([second.status, await second.text()], [304, ""]);
});

Deno.test("serveDir() answers 405 when the method is neither GET nor HEAD", async () => {
  const request = new Request("http://localhost/", { method: "POST", body: "a" });
  assertEquals((await serveDir(request, { quiet: true })).status, 405);
});

Deno.test("@std/http knows statuses, entity tags and preferences", async () => {
  assertEquals(STATUS_TEXT[STATUS_CODE.BadGateway], "Bad Gateway");
  const tag = await eTag("text");
  assertEquals([ifNoneMatch(tag, tag), ifNoneMatch('"other"', tag)], [false, true]);
  const request = new Request("http://localhost/", {
    headers: { accept: "text/html;q=0.5, application/json", "accept-encoding": "br;q=0, gzip" },
  });
  assertEquals(accepts(request, "text/html", "application/json"), "application/json");
  assertEquals(acceptsEncodings(request, "br", "gzip"), "gzip");
});

class Lines extends BaseHandler {
  readonly lines: string[] = [];

  constructor(levelName: LevelName) {
    super(levelName, { formatter: formatters.jsonFormatter });
  }

  override log(line: string): void {
    this.lines.push(line);
  }
}

Deno.test("@std/log hands a record on when both levels let it pass", () => {
  const handler = new Lines("WARN");
  setup({ handlers: { handler }, loggers: { pingo: { level: "DEBUG", handlers: ["handler"] } } });
  const logger = getLogger("pingo");
  const unasked = spy(() => "never asked for");
  logger.info("below the handler's level");
  logger.error("failed", { status: 502 });
  logger.levelName = "CRITICAL";
  logger.error(unasked);

  const [{ datetime, ...record }, ...others] = handler.lines.map((line) => JSON.parse(line));
  assertEquals(record, { level: "ERROR", message: "failed", args: { status: 502 } });
  assertEquals([typeof datetime, others], ["number", []]);
  assertSpyCalls(unasked, 0);
});

Deno.test("stub() replaces a method until its scope ends", () => {
  const dice = { roll: (sides: number): number => sides };
  {
    using fixed = stub(dice, "roll", returnsNext([3, 5]));
    assertEquals([dice.roll(6), dice.roll(6)], [3, 5]);
    assertEquals(fixed.calls.map(({ args }) => args), [[6], [6]]);
  }
  assertEquals(dice.roll(6), 6);
});

Deno.test("FakeTime runs timers when its time is moved, and gives the real ones back", async () => {
  const real = globalThis.setTimeout;
  {
    using time = new FakeTime(1_000);
    const once = spy();
    const often = spy();
    setTimeout(once, 500);
    const interval = setInterval(often, 200);
    time.tick(499);
    assertSpyCalls(once, 0);
    await time.tickAsync(1);
    assertSpyCalls(once, 1);
    assertSpyCalls(often, 2);
    time.next();
    assertEquals([Date.now(), time.now, often.calls.length], [1_600, 1_600, 3]);
    clearInterval(interval);
    assertEquals(time.next(), false);
  }
  assertEquals(globalThis.setTimeout, real);
});

Deno.test("@std/yaml reads what it wrote", () => {
  const config = { listen: [":8080"], upstreams: { api: { weight: 2 } } };
  assertEquals(parse(stringify(config)), config);
  assertThrows(() => parse("a: 'unclosed"), SyntaxError);
});
