import { assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { BaseHandler, Logger as StdLogger, type LogRecord } from "@std/log";
import { createLogger, type CreateLoggerOptions, stdLogLogger } from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { makeSink } from "./_make.ts";

const clock = new FakeClock({ epoch: Date.UTC(2026, 0, 2, 3, 4, 5, 6) });

function logged(
  message: string,
  fields?: Record<string, unknown>,
  options: CreateLoggerOptions = {},
): string {
  const sink = makeSink();
  createLogger({ sink, clock, ...options }).info(message, fields);
  return sink.lines[0];
}

Deno.test("createLogger() writes time, level, message and fields when the format is text", () => {
  assertEquals(
    logged("peer is back", { peer: "[::1]:80", afterMs: 12.5, reason: "two words", none: null }),
    '2026-01-02T03:04:05.006Z INFO  peer is back peer=[::1]:80 afterMs=12.5 reason="two words" none=null',
  );
});

Deno.test("createLogger() writes one object a line when the format is json", () => {
  const line = logged("a\nb", { peer: "p", time: 1, nested: { a: [1n, undefined] } }, {
    format: "json",
  });
  assertFalse(line.includes("\n"));
  assertEquals(JSON.parse(line), {
    time: "2026-01-02T03:04:05.006Z",
    level: "info",
    message: "a\nb",
    peer: "p",
    time_: 1,
    nested: { a: ["1", null] },
  });
});

Deno.test("createLogger() writes the levels from the one that was asked for", () => {
  for (const [level, count] of [["debug", 4], ["info", 3], ["warn", 2], ["error", 1]] as const) {
    const sink = makeSink();
    const logger = createLogger({ sink, clock, level, format: "json" });
    logger.debug("d");
    logger.info("i");
    logger.warn("w");
    logger.error("e");
    assertEquals(
      sink.lines.map((line) => JSON.parse(line).level),
      ["debug", "info", "warn", "error"].slice(4 - count),
    );
  }
});

Deno.test("createLogger() colours the level when it is asked to, and only then", () => {
  assertStringIncludes(logged("x", {}, { color: true }), "\x1b[34mINFO \x1b[0m");
  assertFalse(logged("x").includes("\x1b"));
});

Deno.test("createLogger() keeps control characters from lines and terminals", () => {
  assertEquals(
    logged("a\r\nb\x1b[2J", { "k\n": "v\n\x9b", "\u2028": "x" }),
    '2026-01-02T03:04:05.006Z INFO  a\\u000d\\u000ab\\u001b[2J "k\\n"="v\\n\\u009b" "\\u2028"=x',
  );
});

Deno.test("createLogger() prints no secret", async (t) => {
  const cases: [name: string, message: string, fields: Record<string, unknown>][] = [
    ["password in a URL", "Cannot connect to redis://app:hunter2@10.0.0.1:6379/0", {}],
    ["bearer token", "got Authorization: Bearer hunter2.abc", {}],
    ["basic credentials", "got Basic aHVudGVyMg==hunter2", {}],
    ["query parameter", "GET /a?x=1&access_token=hunter2&y=2", {}],
    [
      "private key",
      "bad key -----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----",
      {},
    ],
    ["private key that is cut", "bad key -----BEGIN PRIVATE KEY-----\nhunter2", {}],
    ["field by name", "m", { password: "hunter2", apiKey: "hunter2", "X-Auth-Token": "hunter2" }],
    ["header fields", "m", {
      headers: new Headers({ cookie: "hunter2", authorization: "hunter2" }),
    }],
    ["nested", "m", { a: { b: [{ secret: "hunter2" }] } }],
    ["a secret object", "m", { credentials: { user: "hunter2" } }],
    ["error", "m", { error: new Error("Cannot open https://u:hunter2@host/") }],
    ["cause", "m", { error: new Error("x", { cause: new Error("http://u:hunter2@h") }) }],
    ["url", "m", { url: new URL("http://u:hunter2@h/") }],
    ["a cut through it", `${"x".repeat(8_170)} http://u:hunter2${"y".repeat(50)}@h/ [redacted]`, {
      password: "",
    }],
    ["own name", "m", { tenant: "hunter2" }],
  ];
  for (const [name, message, fields] of cases) {
    await t.step(name, () => {
      for (const format of ["text", "json"] as const) {
        const line = logged(message, fields, { format, redact: ["Tenant"] });
        assertFalse(line.includes("hunter2"), line);
        assertStringIncludes(line, "[redacted]");
      }
    });
  }
});

Deno.test("createLogger() prints numbers and truth values under the name of a secret", () => {
  assertStringIncludes(logged("m", { tokens: 5, hasPassword: true }), "tokens=5 hasPassword=true");
});

Deno.test("createLogger() leaves usual texts as they are", () => {
  const texts = [
    "Basic setup is done",
    "http://host:80/a@b",
    "a bearer of news",
    "GET /a?b=c&tok=1",
  ];
  for (const text of texts) assertStringIncludes(logged(text), text);
});

Deno.test("createLogger() tells the stack of a defect, not of a failure from outside", () => {
  const defect = ProxyError.from(new TypeError("x is not a function"));
  const failure = new ProxyError("connect_refused", "Cannot connect", { cause: new Error("111") });
  const line = JSON.parse(logged("m", { defect, failure }, { format: "json" }));
  assertStringIncludes(line.defectStack, "logger_test.ts");
  assertEquals(line.failure, "connect_refused: Cannot connect <- Error: 111");
  assertFalse("failureStack" in line);
});

Deno.test("createLogger() bounds what it prints", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i]));
  const line = logged("m", { cycle, many, long: "x".repeat(100_000) }, { format: "json" });
  const { many: kept, long } = JSON.parse(line);
  assertEquals(Object.keys(kept).length, 64);
  assertEquals(long.length, 8_193);
  assertEquals(line.length < 20_000, true);
});

Deno.test("createLogger() does not throw when a field does", () => {
  const fields = {
    get bad(): string {
      throw new Error("no");
    },
  };
  assertStringIncludes(logged("m", fields), "fields=[unreadable]");
});

Deno.test("createLogger() throws when the level or the format is unknown", () => {
  const level = JSON.parse('"loud"');
  assertThrows(() => createLogger({ level }), TypeError, 'no level "loud"');
  assertThrows(() => createLogger({ format: level }), TypeError, 'no format "loud"');
});

Deno.test("createLogger() writes to standard error when no sink is given", async () => {
  const code = `
    import { createLogger } from ${JSON.stringify(import.meta.resolve("../../../core/mod.ts"))};
    createLogger({ format: "json" }).warn("careful");`;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(file, code);
    const config = new URL("../../../deno.json", import.meta.url).pathname;
    const { stdout, stderr, success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", "--config", config, file],
    }).output();
    assertEquals(success, true);
    assertEquals(stdout.byteLength, 0);
    assertEquals(JSON.parse(new TextDecoder().decode(stderr)).message, "careful");
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("stdLogLogger() hands each level and plain fields to a logger of @std/log", () => {
  const records: LogRecord[] = [];
  class Keep extends BaseHandler {
    override handle(record: LogRecord): void {
      records.push(record);
    }
    override log(): void {}
  }
  const log = new StdLogger("app", "DEBUG", { handlers: [new Keep("DEBUG")] });
  const logger = stdLogLogger(log, { redact: ["pin"] });
  logger.debug("a");
  logger.info("b", { n: 1 });
  logger.warn("c", { pin: "0000" });
  logger.error("d http://u:p@h/");
  assertEquals(records.map(({ levelName, msg, args }) => [levelName, msg, args]), [
    ["DEBUG", "a", []],
    ["INFO", "b", [{ n: 1 }]],
    ["WARN", "c", [{ pin: "[redacted]" }]],
    ["ERROR", "d http://u:[redacted]@h/", []],
  ]);
});
