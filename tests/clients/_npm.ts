import { findProgram } from "../support/needs.ts";

/** What npm wrote. */
export interface NpmOutput {
  readonly stdout: string;
  readonly stderr: string;
}

/** Options of {@linkcode npm}. */
export interface NpmOptions {
  /** The folder to run in; its `.npmrc` counts. */
  readonly cwd: string;
  /**
   * The folder of the cache.
   *
   * @default the user's own
   */
  readonly cache?: string;
}

/** Runs npm; rejects with what it wrote when it fails. */
export async function npm(args: readonly string[], options: NpmOptions): Promise<NpmOutput> {
  const { cwd, cache } = options;
  const program = findProgram("npm");
  if (program === null) throw new Error("Cannot run npm: it is not installed");
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...args, "--no-audit", "--no-fund"],
    cwd,
    env: {
      npm_config_update_notifier: "false",
      ...(cache !== undefined && { npm_config_cache: cache, npm_config_userconfig: "/dev/null" }),
    },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  const output = { stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  if (code !== 0) {
    throw new Error(`Cannot run npm ${args.join(" ")}: exit code ${code}\n${output.stderr}`);
  }
  return output;
}
