/** Debian's package for each program that the bench may run. */
const PACKAGE_OF = {
  haproxy: "haproxy",
  nginx: "nginx",
  node: "nodejs",
  npm: "npm",
  openssl: "openssl",
  taskset: "util-linux",
  wrk: "wrk",
} as const;

/** A program that the bench may run. */
export type Program = keyof typeof PACKAGE_OF;

/** Finds a program on the PATH, or where Debian puts servers, which is not on everybody's PATH. */
export async function findProgram(name: Program): Promise<string> {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/local/sbin", "/usr/sbin"];
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    const info = await Deno.stat(path).catch(() => null);
    if (info?.isFile) return path;
  }
  throw new Error(`Cannot find ${name}: not installed (apt-get install ${PACKAGE_OF[name]})`);
}

/** Runs a short command to its end and returns what it wrote. */
export async function capture(program: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args] }).output();
  const decoder = new TextDecoder();
  // nginx tells its version on standard error.
  const text = (decoder.decode(stdout) + decoder.decode(stderr)).trim();
  if (code !== 0) throw new Error(`Cannot run ${program} ${args.join(" ")}: ${text}`);
  return text;
}
