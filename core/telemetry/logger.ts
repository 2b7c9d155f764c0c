/** Facts beside a message: what a reader filters by. */
export type LogFields = Readonly<Record<string, unknown>>;

/** How grave a message is. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/**
 * Where a program tells its operator what happens: the port that the rest of the toolkit takes. A message
 * is a fixed sentence; what varies goes into the fields.
 */
export interface Logger {
  /** For who looks for a fault. */
  debug(message: string, fields?: LogFields): void;
  /** What is worth knowing of normal work. */
  info(message: string, fields?: LogFields): void;
  /** Something is wrong, and work goes on. */
  warn(message: string, fields?: LogFields): void;
  /** Something failed. */
  error(message: string, fields?: LogFields): void;
}
