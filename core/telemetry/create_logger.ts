import { BaseHandler, type LevelName, Logger as StdLogger, type LogRecord } from "@std/log";
import { type Clock, systemClock } from "../../timeout/mod.ts";
import { jsonLine, textLine } from "./_log_line.ts";
import type { LineSink } from "./line_sink.ts";
import type { Logger, LogLevel } from "./logger.ts";
import { stdLogLogger } from "./std_log_logger.ts";

/** Options of {@linkcode createLogger}. */
export interface CreateLoggerOptions {
  /**
   * The least level that is written.
   *
   * @default {"info"}
   */
  level?: LogLevel;
  /**
   * `text` for people, `json` for machines: one object a line.
   *
   * @default {"text"}
   */
  format?: "text" | "json";
  /**
   * Colours the level in text. Whoever knows that a terminal reads it asks for it.
   *
   * @default {false}
   */
  color?: boolean;
  /**
   * Where lines go.
   *
   * @default standard error, at once
   */
  sink?: LineSink;
  /**
   * Names of fields whose texts are secret, besides the usual ones such as `password` and `token`.
   *
   * @default {[]}
   */
  redact?: readonly string[];
  /** The clock of the time stamps. */
  clock?: Clock;
}

const LEVELS: Readonly<Record<LogLevel, LevelName>> = {
  debug: "DEBUG",
  info: "INFO",
  warn: "WARN",
  error: "ERROR",
};

/**
 * Makes a logger, over one of `@std/log`. Passwords, tokens, cookies and keys in messages and fields are
 * replaced by `[redacted]`, as far as they can be told by a name or a form.
 *
 * @throws {TypeError} when the level or the format is unknown
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createLogger } from "@pingo/pingo/core";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const lines: string[] = [];
 * const sink = { write: (line: string) => void lines.push(line) };
 * const logger = createLogger({ sink, clock: new FakeClock() });
 * logger.debug("not written");
 * logger.info("listening", { address: "127.0.0.1:8080" });
 * assertEquals(lines, ["1970-01-01T00:00:00.000Z INFO  listening address=127.0.0.1:8080"]);
 * ```
 */
export function createLogger(options: CreateLoggerOptions = {}): Logger {
  const { level = "info", format = "text", color = false, redact, clock = systemClock } = options;
  const sink = options.sink ?? new StderrSink();
  if (!Object.hasOwn(LEVELS, level)) {
    throw new TypeError(`Cannot make a logger: there is no level "${level}"`);
  }
  if (format !== "text" && format !== "json") {
    throw new TypeError(`Cannot make a logger: there is no format "${format}"`);
  }
  function formatter(record: LogRecord): string {
    const line = {
      time: new Date(clock.epoch()).toISOString(),
      level: levelOf(record.levelName),
      message: record.msg,
      fields: fieldsOf(record.args[0]),
    };
    return format === "json" ? jsonLine(line) : textLine(line, color);
  }
  const handler = new SinkHandler(sink, LEVELS[level], formatter);
  return stdLogLogger(new StdLogger("pingo", LEVELS[level], { handlers: [handler] }), { redact });
}

/** Hands formatted records to a sink. */
class SinkHandler extends BaseHandler {
  readonly #sink: LineSink;

  constructor(sink: LineSink, level: LevelName, formatter: (record: LogRecord) => string) {
    super(level, { formatter });
    this.#sink = sink;
  }

  override log(line: string): void {
    this.#sink.write(line);
  }
}

/** Writes each line at once: what a program says before it dies must not lie in a buffer. */
class StderrSink implements LineSink {
  readonly #encoder = new TextEncoder();

  write(line: string): void {
    let bytes = this.#encoder.encode(`${line}\n`);
    try {
      while (bytes.byteLength > 0) bytes = bytes.subarray(Deno.stderr.writeSync(bytes));
    } catch {
      // Standard error is gone: there is nobody to tell, and the work goes on.
    }
  }
}

function levelOf(name: string): LogLevel {
  switch (name) {
    case "DEBUG":
      return "debug";
    case "WARN":
      return "warn";
    case "ERROR":
      return "error";
    default:
      return "info";
  }
}

function fieldsOf(argument: unknown): Readonly<Record<string, unknown>> {
  return typeof argument === "object" && argument !== null ? { ...argument } : {};
}
