/** The formatters of the stand-in for `jsr:@std/log`. */
import type { LogRecord } from "./logger.ts";

/** One JSON object a line. */
export function jsonFormatter(logRecord: LogRecord): string {
  const { args } = logRecord;
  return JSON.stringify({
    level: logRecord.levelName,
    datetime: logRecord.datetime.getTime(),
    message: logRecord.msg,
    args: args.length > 1 ? args : args[0],
  });
}

export const formatters = { jsonFormatter } as const;
