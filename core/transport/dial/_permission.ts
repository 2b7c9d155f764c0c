import { ProxyError } from "../../../errors/mod.ts";

/**
 * Whether an address could not be found or used because the program may not: `--allow-net=app.example`
 * allows the name, and neither node:dns nor the addresses behind it. Deno itself may then connect by name.
 */
export function isForbidden(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isForbidden);
  if (error instanceof ProxyError) return error.cause !== undefined && isForbidden(error.cause);
  return error instanceof Deno.errors.NotCapable ||
    (error instanceof Error && "code" in error && error.code === "EPERM");
}
