import { findProgram } from "../support/needs.ts";

/** What curl gave. */
export interface CurlOutput {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs curl without its progress meter and without the user's settings. */
export async function curl(...args: readonly string[]): Promise<CurlOutput> {
  const program = findProgram("curl");
  if (program === null) throw new Error("Cannot run curl: it is not installed");
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: ["-q", "-sS", "--max-time", "30", ...args],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}
