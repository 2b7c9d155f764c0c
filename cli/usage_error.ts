import { type Output, writeAll } from "./io.ts";

/**
 * A value that a person gave on the command line or in the environment makes no sense. Its message is one
 * line that tells what to do; a program that gets it ends with exit code 2.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { UsageError } from "@pingo/pingo/cli";
 *
 * const error = new UsageError("Cannot use ACCESS_LOG=loud: write off, combined or json");
 * assertEquals(error.name, "UsageError");
 * ```
 */
export class UsageError extends Error {
  /** The name of the class. */
  override readonly name = "UsageError";
}

/** Runs a program; a {@linkcode UsageError} becomes one line and exit code 2. */
export async function exitCodeOf(stderr: Output, program: () => Promise<number>): Promise<number> {
  try {
    return await program();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    await writeAll(stderr, `${error.message}\n`);
    return 2;
  }
}
