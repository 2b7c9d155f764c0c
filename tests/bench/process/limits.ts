/** More open files than this no proxy here needs; nginx reserves memory for each. */
const MOST = 65_536;

/**
 * How many files a process may have open, from `/proc/<pid>/limits`: the hard limit, to which servers raise their own.
 *
 * @throws {SyntaxError} if it does not tell
 */
export function parseMaxFiles(limits: string): number {
  const hard = /^Max open files +\S+ +(\d+|unlimited)/m.exec(limits)?.[1];
  if (hard === undefined) throw new SyntaxError(`Cannot read limits: no open files in "${limits}"`);
  return hard === "unlimited" ? MOST : Math.min(Number(hard), MOST);
}

/** How many files this process and its children may have open. */
export async function readMaxFiles(): Promise<number> {
  return parseMaxFiles(await Deno.readTextFile("/proc/self/limits"));
}
