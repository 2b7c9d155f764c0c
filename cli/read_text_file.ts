import { UsageError } from "./usage_error.ts";

/**
 * Reads a file that a person has named.
 *
 * @param name what named it, for the message
 * @throws {UsageError} when that does not work
 */
export async function readTextFile(name: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    throw new UsageError(`Cannot read ${name} ${JSON.stringify(path)}: ${reason(error)}`);
  }
}

function reason(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "permission denied";
  return error instanceof Error ? error.message : String(error);
}
