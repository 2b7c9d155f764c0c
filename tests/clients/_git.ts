import { findProgram } from "../support/needs.ts";

/** Options of {@linkcode git}. */
export interface GitOptions {
  /** The folder to run in. */
  readonly cwd: string;
  /** What goes to its standard input. */
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** What git wrote. */
export interface GitOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs git without the user's and the system's settings; rejects with what it wrote when it fails. */
export async function git(args: readonly string[], options: GitOptions): Promise<GitOutput> {
  const { cwd, input = "", env } = options;
  const child = new Deno.Command(gitProgram(), {
    args: [...args],
    cwd,
    env: {
      HOME: cwd,
      PATH: Deno.env.get("PATH") ?? "",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_TERMINAL_PROMPT: "0",
      GIT_AUTHOR_NAME: "Ann",
      GIT_AUTHOR_EMAIL: "ann@example.com",
      GIT_COMMITTER_NAME: "Ann",
      GIT_COMMITTER_EMAIL: "ann@example.com",
      LC_ALL: "C",
      ...env,
    },
    clearEnv: true,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writing = new Blob([input]).stream().pipeTo(child.stdin);
  const [{ code, stdout, stderr }] = await Promise.all([child.output(), writing]);
  const decoder = new TextDecoder();
  const output = { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  if (code !== 0) {
    throw new Error(`Cannot run git ${args.join(" ")}: exit code ${code}\n${output.stderr}`);
  }
  return output;
}

/** The commit that a revision names. */
export async function commitOf(folder: string, revision: string): Promise<string> {
  return (await git(["rev-parse", "--verify", revision], { cwd: folder })).stdout.trim();
}

/** Writes a file and commits it. */
export async function commitFile(
  folder: string,
  name: string,
  content: Uint8Array | string,
): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(`${folder}/${name}`, bytes);
  await git(["add", name], { cwd: folder });
  await git(["commit", "--quiet", "--message", `Add ${name}`], { cwd: folder });
}

/** Where git lies. */
export function gitProgram(): string {
  const program = findProgram("git");
  if (program === null) throw new Error("Cannot run git: it is not installed");
  return program;
}
