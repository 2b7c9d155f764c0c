/** Stand-in for `jsr:@std/log`: the part that pinGo uses. */
export {
  BaseHandler,
  type BaseHandlerOptions,
  ConsoleHandler,
  type ConsoleHandlerOptions,
  type FormatterFunction,
} from "./handlers.ts";
export { formatters, jsonFormatter } from "./formatters.ts";
export {
  getLevelByName,
  getLevelName,
  type LevelName,
  type LogLevel,
  LogLevels,
} from "./levels.ts";
export { Logger, type LoggerOptions, LogRecord, type LogRecordOptions } from "./logger.ts";
export { getLogger, type LogConfig, type LoggerConfig, setup } from "./registry.ts";
