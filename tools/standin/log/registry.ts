/** `getLogger` and `setup` of the stand-in for `jsr:@std/log`. */
import { type BaseHandler, ConsoleHandler } from "./handlers.ts";
import type { LevelName } from "./levels.ts";
import { Logger } from "./logger.ts";

export interface LoggerConfig {
  level?: LevelName;
  handlers?: string[];
}

export interface LogConfig {
  handlers?: Record<string, BaseHandler>;
  loggers?: Record<string, LoggerConfig>;
}

const handlers = new Map<string, BaseHandler>();
const loggers = new Map<string, Logger>();

export function getLogger(name = "default"): Logger {
  let logger = loggers.get(name);
  if (logger === undefined) {
    logger = new Logger(name, "NOTSET", { handlers: [] });
    loggers.set(name, logger);
  }
  return logger;
}

export function setup(config: LogConfig): void {
  for (const handler of handlers.values()) handler.destroy();
  handlers.clear();
  loggers.clear();
  const wanted = { default: new ConsoleHandler("INFO"), ...config.handlers };
  for (const [name, handler] of Object.entries(wanted)) {
    handler.setup();
    handlers.set(name, handler);
  }
  const configs: Record<string, LoggerConfig> = {
    default: { level: "INFO", handlers: ["default"] },
    ...config.loggers,
  };
  for (
    const [name, { level = "INFO", handlers: names = [] }] of Object.entries(
      configs,
    )
  ) {
    const own = names.map((each) => handlers.get(each)).filter((each) => each !== undefined);
    loggers.set(name, new Logger(name, level, { handlers: own }));
  }
}

setup({});
