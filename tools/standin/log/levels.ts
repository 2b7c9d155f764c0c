/** The levels of the stand-in for `jsr:@std/log`. */

export const LogLevels = {
  NOTSET: 0,
  DEBUG: 10,
  INFO: 20,
  WARN: 30,
  ERROR: 40,
  CRITICAL: 50,
} as const;

export type LevelName = keyof typeof LogLevels;

export type LogLevel = typeof LogLevels[LevelName];

const names = new Map<number, LevelName>([
  [0, "NOTSET"],
  [10, "DEBUG"],
  [20, "INFO"],
  [30, "WARN"],
  [40, "ERROR"],
  [50, "CRITICAL"],
]);

export function getLevelByName(name: LevelName): LogLevel {
  const level: LogLevel | undefined = LogLevels[name];
  if (level === undefined) {
    throw new TypeError(`Cannot get log level: no level named ${name}`);
  }
  return level;
}

export function getLevelName(level: LogLevel): LevelName {
  const name = names.get(level);
  if (name === undefined) {
    throw new TypeError(`Cannot get log level: no name for level: ${level}`);
  }
  return name;
}
