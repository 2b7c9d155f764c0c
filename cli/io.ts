import type { ByteSink } from "../core/mod.ts";
import { type Clock, systemClock } from "../timeout/mod.ts";

/** Where a program writes to. */
export interface Output extends ByteSink {
  /** Whether a person looks at it. */
  isTerminal(): boolean;
}

/** Everything that a command has to do with the world outside, so that a test can take its place. */
export interface Io {
  /** One variable of the environment. */
  readonly env: (name: string) => string | undefined;
  /** Standard input, opened when it is asked for. */
  readonly stdin: () => ReadableStream<Uint8Array>;
  /** For what was asked for: a body, a help text, an access log. */
  readonly stdout: Output;
  /** For everything else: errors, start lines, progress. */
  readonly stderr: Output;
  /** Stops a server as SIGTERM does. */
  readonly signal?: AbortSignal;
  /** The clock of time limits and of progress. */
  readonly clock: Clock;
}

/**
 * The world outside as the process has it.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { main, systemIo } from "@pingo/pingo/cli";
 *
 * let text = "";
 * const stdout = {
 *   isTerminal: () => false,
 *   write(bytes: Uint8Array): number {
 *     text += new TextDecoder().decode(bytes);
 *     return bytes.byteLength;
 *   },
 * };
 * assertEquals(await main(["--version"], { ...systemIo(), stdout }), 0);
 * assertEquals(text.split(" ")[0], "pingo");
 * ```
 */
export function systemIo(): Io {
  return {
    env: (name) => Deno.env.get(name),
    stdin: () => Deno.stdin.readable,
    stdout: Deno.stdout,
    stderr: Deno.stderr,
    clock: systemClock,
  };
}

const encoder = new TextEncoder();

/** Writes all of a text or of some bytes. */
export async function writeAll(output: Output, data: string | Uint8Array): Promise<void> {
  let bytes = typeof data === "string" ? encoder.encode(data) : data;
  while (bytes.byteLength > 0) bytes = bytes.subarray(await output.write(bytes));
}
