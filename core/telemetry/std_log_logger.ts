import { FieldRedactor, redactText } from "./_redact.ts";
import type { LogFields, Logger } from "./logger.ts";

/** The part of a `Logger` of `@std/log` that is used. */
export interface StdLog {
  /** Logs with level DEBUG. */
  debug(message: string, ...args: unknown[]): unknown;
  /** Logs with level INFO. */
  info(message: string, ...args: unknown[]): unknown;
  /** Logs with level WARN. */
  warn(message: string, ...args: unknown[]): unknown;
  /** Logs with level ERROR. */
  error(message: string, ...args: unknown[]): unknown;
}

/** Options of {@linkcode stdLogLogger}. */
export interface StdLogLoggerOptions {
  /**
   * Names of fields whose texts are secret, besides the usual ones such as `password` and `token`.
   *
   * @default {[]}
   */
  redact?: readonly string[];
}

/**
 * A logger of `@std/log` as a {@linkcode Logger}. The fields are its first argument, as plain data; when
 * there are none, so is there no argument. Secrets are taken out before it sees them.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { BaseHandler, Logger } from "@std/log";
 * import { stdLogLogger } from "@pingo/pingo/core";
 *
 * const lines: string[] = [];
 * class Lines extends BaseHandler {
 *   log(line: string): void {
 *     lines.push(line);
 *   }
 * }
 * const handlers = [new Lines("INFO", { formatter: (record) => JSON.stringify(record.args[0]) })];
 * const logger = stdLogLogger(new Logger("app", "INFO", { handlers }));
 * logger.info("logged in", { user: "ada", password: "hunter2" });
 * assertEquals(lines, ['{"user":"ada","password":"[redacted]"}']);
 * ```
 */
export function stdLogLogger(log: StdLog, options: StdLogLoggerOptions = {}): Logger {
  const redactor = new FieldRedactor(options.redact ?? []);

  function args(fields: LogFields | undefined): unknown[] {
    return fields === undefined ? [] : [redactor.fields(fields)];
  }

  return {
    debug: (message, fields) => void log.debug(redactText(message), ...args(fields)),
    info: (message, fields) => void log.info(redactText(message), ...args(fields)),
    warn: (message, fields) => void log.warn(redactText(message), ...args(fields)),
    error: (message, fields) => void log.error(redactText(message), ...args(fields)),
  };
}
