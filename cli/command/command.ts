import type { Io } from "../io.ts";
import type { Arguments } from "./parse_arguments.ts";

/** One flag of a command. */
export interface Flag {
  /** `listen` for `--listen`. */
  readonly name: string;
  /** `H` for `-H`. */
  readonly short?: string;
  /** What stands for its value in the help; a flag without it takes no value. */
  readonly value?: string;
  /** The variable of the environment that says the same. */
  readonly env?: string;
  /** Whether it may be given more than once. */
  readonly isRepeatable?: boolean;
  /** Lines for the help. */
  readonly about: string;
}

/** One subcommand. */
export interface Command {
  /** The word that calls it. */
  readonly name: string;
  /** What it does, in half a line. */
  readonly summary: string;
  /** What stands behind the flags in the usage line; a command without it takes no argument but flags. */
  readonly argument?: string;
  /** What it does, in a few lines. */
  readonly about: string;
  /** Its flags. */
  readonly flags: readonly Flag[];
  /** Lines to copy, each with what it is for. */
  readonly examples: readonly { readonly about: string; readonly line: string }[];
  /** Runs it and gives the exit code. */
  run(args: Arguments, io: Io): Promise<number>;
}
