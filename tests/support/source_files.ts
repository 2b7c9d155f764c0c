/** The folders and files at the top level that hold the product's code; `examples` show it to a user. */
export const productRoots: readonly string[] = [
  "errors",
  "timeout",
  "ketama",
  "core",
  "limits",
  "cache",
  "loadbalancing",
  "proxy",
  "cli",
  "mod.ts",
];

/** The TypeScript files below the given folders and files, as sorted paths from the root; absent ones are left out. */
export async function sourceFiles(root: string, below: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  const visit = async (path: string): Promise<void> => {
    const info = await Deno.stat(`${root}/${path}`);
    if (!info.isDirectory) {
      if (path.endsWith(".ts")) found.push(path);
      return;
    }
    for await (const { name } of Deno.readDir(`${root}/${path}`)) {
      await visit(`${path}/${name}`);
    }
  };
  for (const path of below) {
    try {
      await visit(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found.sort();
}
