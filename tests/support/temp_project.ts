/** A folder with files that is gone at the end of its scope. */
export interface TempProject extends AsyncDisposable {
  readonly root: string;
}

/** Writes files, given by their paths, into a new temporary folder. */
export async function tempProject(
  files: Readonly<Record<string, string>>,
): Promise<TempProject> {
  // The real path: `deno info` names files by it.
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "pingo-" }));
  for (const [path, text] of Object.entries(files)) {
    const full = `${root}/${path}`;
    await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(full, text);
  }
  return {
    root,
    [Symbol.asyncDispose]: () => Deno.remove(root, { recursive: true }),
  };
}
