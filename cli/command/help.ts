import type { Command, Flag } from "./command.ts";

/** The flag that every command has. */
export const HELP: Flag = { name: "help", short: "h", about: "Show this help" };

/** The help of the whole program. */
export function programHelp(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "pingo - a reverse proxy, and a server and a client to try it with",
    "",
    "In a checkout, pingo stands for: deno run -A cli/main.ts",
    "",
    "Usage: pingo <command> [flags]",
    "",
    "Commands:",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    "",
    "Flags:",
    "  -h, --help     Show this help; behind a command, that of the command",
    "      --version  Show the version",
    "",
    "A first look, each line in a terminal of its own:",
    "  pingo server --listen 127.0.0.1:3000",
    "  pingo proxy --target 127.0.0.1:3000",
    "  pingo client http://127.0.0.1:8080/hello",
    "",
  ].join("\n");
}

/** The help of one command. */
export function commandHelp(command: Command): string {
  const { name, about, argument, flags, examples } = command;
  const rows = [...flags, HELP].map((flag) => ({ left: leftOf(flag), flag }));
  const width = Math.max(...rows.map(({ left }) => left.length));
  return [
    about,
    "",
    `Usage: pingo ${name} [flags]${argument === undefined ? "" : ` ${argument}`}`,
    "",
    "Flags:",
    ...rows.flatMap(({ left, flag }) => {
      const [first, ...rest] = linesOf(flag);
      return [
        `  ${left.padEnd(width)}  ${first}`,
        ...rest.map((line) => `  ${"".padEnd(width)}  ${line}`),
      ];
    }),
    "",
    "Examples:",
    ...examples.flatMap(({ about, line }) => [`  # ${about}`, `  ${line}`]),
    "",
  ].join("\n");
}

function leftOf({ name, short, value }: Flag): string {
  const before = short === undefined ? "    " : `-${short}, `;
  return `${before}--${name}${value === undefined ? "" : ` ${value}`}`;
}

/** What fits beside the longest flag in a terminal of 80 columns. */
const ABOUT_WIDTH = 51;

function linesOf({ about, env }: Flag): string[] {
  const lines = about.split("\n");
  if (env === undefined) return lines;
  const last = `${lines.at(-1)} [env: ${env}]`;
  return last.length <= ABOUT_WIDTH ? [...lines.slice(0, -1), last] : [...lines, `[env: ${env}]`];
}
