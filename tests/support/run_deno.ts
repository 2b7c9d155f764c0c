/** What a run of a program gave. */
export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@linkcode runDeno}. */
export interface RunOptions {
  /** Working directory; decides which deno.json counts. */
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the Deno that runs this test and waits for its end. */
export async function runDeno(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Output> {
  const { cwd, env } = options;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

/** As {@linkcode runDeno}, but throws what the program wrote where it ended with an error. */
export async function denoOutput(
  args: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  const { code, stdout, stderr } = await runDeno(args, options);
  if (code !== 0) {
    throw new Error(`Cannot run deno ${args.join(" ")}: exit code ${code}\n${stderr}`);
  }
  return stdout;
}
