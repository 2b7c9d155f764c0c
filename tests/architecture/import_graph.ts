import { sourceFiles } from "../support/source_files.ts";
import { denoOutput } from "../support/run_deno.ts";
import { tempProject } from "../support/temp_project.ts";

/** One import, `import type` included. Files are paths from the root; anything else is the specifier as resolved. */
export interface Import {
  readonly from: string;
  readonly to: string;
}

interface InfoDependency {
  readonly code?: { readonly specifier?: string };
  readonly type?: { readonly specifier?: string };
}

interface InfoModule {
  readonly specifier: string;
  readonly error?: string;
  readonly dependencies?: readonly InfoDependency[];
}

/** Every import in the TypeScript files below the given folders, as `deno info --json` resolves them. */
export async function importGraph(root: string, below: readonly string[]): Promise<Import[]> {
  const files = await sourceFiles(root, below);
  const all = files.map((file) => `import "file://${root}/${file}";\n`).join("");
  await using entry = await tempProject({ "all.ts": all });
  const info: { modules: InfoModule[] } = JSON.parse(
    await denoOutput(
      ["info", "--json", "--config", `${root}/deno.json`, `${entry.root}/all.ts`],
      { cwd: root },
    ),
  );
  const prefix = `file://${root}/`;
  const imports: Import[] = [];
  for (const { specifier, error, dependencies = [] } of info.modules) {
    if (error !== undefined) throw new Error(`Cannot read ${specifier}: ${error}`);
    if (!specifier.startsWith(prefix)) continue;
    const targets = dependencies.flatMap(({ code, type }) => [code, type]);
    for (const target of new Set(targets.map((each) => each?.specifier))) {
      if (target === undefined) continue;
      imports.push({
        from: specifier.slice(prefix.length),
        to: target.startsWith(prefix) ? target.slice(prefix.length) : target,
      });
    }
  }
  return imports;
}
