import { runDeno } from "../support/run_deno.ts";

/** The files that `deno publish` would upload, as sorted paths from the root. */
export async function publishedFiles(root: string): Promise<string[]> {
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-check"];
  const { code, stdout, stderr } = await runDeno(args, { cwd: root });
  if (code !== 0) throw new Error(`Cannot list what is published: exit code ${code}\n${stderr}`);
  const paths = `${stdout}\n${stderr}`.matchAll(/^\s+file:\/\/(\S+) \([\d.]+[KMG]?i?B\)$/gm);
  return [...paths].map(([, path]) => path.replace(`${root}/`, "")).sort();
}
