/**
 * The command line program itself: `deno run -A jsr:@pingo/pingo/cli/main proxy --target 127.0.0.1:3000`.
 *
 * @example What it answers to a word that is no command
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { main } from "@pingo/pingo/cli/main";
 * import { systemIo } from "@pingo/pingo/cli";
 *
 * const stderr = { isTerminal: () => false, write: (bytes: Uint8Array) => bytes.byteLength };
 * assertEquals(await main(["prixy"], { ...systemIo(), stderr }), 2);
 * ```
 *
 * @module
 */
import { clientCommand } from "./client/client_command.ts";
import type { Command } from "./command/command.ts";
import { commandHelp, HELP, programHelp } from "./command/help.ts";
import { parseArguments } from "./command/parse_arguments.ts";
import { type Io, systemIo, writeAll } from "./io.ts";
import { proxyCommand } from "./serve/proxy_command.ts";
import { serverCommand } from "./serve/server_command.ts";
import { exitCodeOf, UsageError } from "./usage_error.ts";
import { VERSION } from "./version.ts";

const COMMANDS: readonly Command[] = [proxyCommand, serverCommand, clientCommand];

/**
 * The command line program: `proxy`, `server`, `client`.
 *
 * @param args what stands behind the program's name
 * @param io the world outside
 * @returns the exit code: 0 for success, 1 for a failure, 2 for a value that makes no sense
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { main, systemIo } from "@pingo/pingo/cli";
 *
 * let text = "";
 * const stderr = {
 *   isTerminal: () => false,
 *   write(bytes: Uint8Array): number {
 *     text += new TextDecoder().decode(bytes);
 *     return bytes.byteLength;
 *   },
 * };
 * assertEquals(await main(["prixy"], { ...systemIo(), stderr }), 2);
 * assertEquals(text, 'Cannot run "prixy": the commands are proxy, server, client\n');
 * ```
 */
export async function main(args: readonly string[], io: Io): Promise<number> {
  return await exitCodeOf(io.stderr, () => run(args, io));
}

async function run(args: readonly string[], io: Io): Promise<number> {
  const [word, ...rest] = args;
  if (word === undefined) {
    await writeAll(io.stderr, programHelp(COMMANDS));
    return 2;
  }
  if (word === "--help" || word === "-h" || word === "help") {
    await writeAll(io.stdout, programHelp(COMMANDS));
    return 0;
  }
  if (word === "--version") {
    await writeAll(io.stdout, `pingo ${VERSION} (Deno ${Deno.version.deno})\n`);
    return 0;
  }
  const command = COMMANDS.find(({ name }) => name === word);
  if (command === undefined) {
    const names = COMMANDS.map(({ name }) => name).join(", ");
    throw new UsageError(`Cannot run ${JSON.stringify(word)}: the commands are ${names}`);
  }
  const parsed = parseArguments(rest, { ...command, flags: [...command.flags, HELP] }, io.env);
  if (parsed.has("help")) {
    await writeAll(io.stdout, commandHelp(command));
    return 0;
  }
  return await command.run(parsed, io);
}

if (import.meta.main) Deno.exit(await main(Deno.args, systemIo()));
