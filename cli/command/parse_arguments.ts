import { parseArgs } from "node:util";
import { UsageError } from "../usage_error.ts";
import type { Command, Flag } from "./command.ts";

/** What the command line and the environment say. */
export interface Arguments {
  /** Whether a flag without a value was given. */
  has(name: string): boolean;
  /** The value of a flag, else that of its variable; undefined where both are missing or empty. */
  get(name: string): string | undefined;
  /** All values of a flag that may be repeated; empty where there are none. */
  all(name: string): readonly string[];
  /** What is no flag. */
  readonly positional: string | undefined;
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

/**
 * Reads the command line of a command. A flag counts before its variable.
 *
 * @throws {UsageError} for an unknown flag, a missing value, or too many arguments
 */
export function parseArguments(
  args: readonly string[],
  command: Pick<Command, "name" | "flags" | "argument">,
  env: (name: string) => string | undefined,
): Arguments {
  const { values, positionals } = parse(args, command);
  const most = command.argument === undefined ? 0 : 1;
  if (positionals.length > most) {
    throw unreadable(command.name, `there is no use for ${JSON.stringify(positionals[most])}`);
  }
  const variables = new Map(command.flags.map(({ name, env }) => [name, env]));

  function all(name: string): readonly string[] {
    const given = [values[name]].flat().filter((value) => typeof value === "string");
    if (given.length > 0) return given;
    const variable = variables.get(name);
    const value = variable === undefined ? undefined : env(variable);
    return value === undefined || value === "" ? [] : [value];
  }

  return {
    has: (name) => values[name] === true,
    get: (name) => all(name).at(-1),
    all,
    positional: positionals.at(0),
  };
}

function parse(
  args: readonly string[],
  { name, flags }: Pick<Command, "name" | "flags">,
): { values: Values; positionals: string[] } {
  const options = Object.fromEntries(flags.map((flag) => [flag.name, optionOf(flag)]));
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    // Its first sentence says what is wrong, the others tell of ways around.
    const [what] = error.message.split(/\.\s|\.$|\n/);
    throw unreadable(name, what.charAt(0).toLowerCase() + what.slice(1));
  }
}

function optionOf({ value, short, isRepeatable = false }: Flag) {
  const type = value === undefined ? "boolean" as const : "string" as const;
  return { type, multiple: isRepeatable, ...(short !== undefined && { short }) };
}

function unreadable(name: string, why: string): UsageError {
  return new UsageError(`Cannot read the command line: ${why} (see pingo ${name} --help)`);
}
