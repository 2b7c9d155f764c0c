import type { LogLevel } from "./logger.ts";

/** What one line of a log tells. */
export interface LogLine {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  /** Plain data, without secrets. */
  readonly fields: Readonly<Record<string, unknown>>;
}

const COLORS: Readonly<Record<LogLevel, string>> = {
  debug: "\x1b[90m",
  info: "\x1b[34m",
  warn: "\x1b[33m",
  error: "\x1b[31m",
};

/** `time LEVEL message name=value`, where what could be misread is quoted as in JSON. */
export function textLine({ time, level, message, fields }: LogLine, isColored: boolean): string {
  const name = level.toUpperCase().padEnd(5);
  let line = `${time} ${isColored ? `${COLORS[level]}${name}\x1b[0m` : name} ${escape(message)}`;
  for (const [key, value] of Object.entries(fields)) line += ` ${word(key)}=${word(value)}`;
  return line;
}

/** One JSON object. Fields whose names are taken get an underscore after them. */
export function jsonLine({ time, level, message, fields }: LogLine): string {
  const line: Record<string, unknown> = { time, level, message };
  for (const [key, value] of Object.entries(fields)) {
    line[key === "time" || key === "level" || key === "message" ? `${key}_` : key] = value;
  }
  return JSON.stringify(line);
}

function word(value: unknown): string {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return typeof value === "string" && !/^[\w./:@%+,;\-[\]]+$/.test(text)
    ? escape(JSON.stringify(text))
    : text;
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

/** What comes from the wire must neither end a line nor command a terminal. */
function escape(text: string): string {
  return text.replace(CONTROL, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
