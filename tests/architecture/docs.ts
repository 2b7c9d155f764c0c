import { denoOutput } from "../support/run_deno.ts";
import { exportedFiles } from "../support/package_config.ts";

interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly doc?: string }[];
}

interface Declaration {
  readonly kind: string;
  readonly declarationKind: string;
  readonly location: { readonly filename: string; readonly line: number };
  readonly jsDoc?: JsDoc;
}

interface DocumentedModule {
  readonly module_doc?: JsDoc;
  readonly symbols?: readonly {
    readonly name: string;
    readonly declarations: readonly Declaration[];
  }[];
}

/**
 * What the documentation of a package lacks, each as `file: symbol lacks …`.
 *
 * Every exported module, function and class needs a text and an example that runs and asserts (`deno test --doc` runs
 * it); every other exported symbol needs a sentence.
 */
export async function documentationGaps(root: string): Promise<string[]> {
  const gaps = new Set<string>();
  // One at a time: in a common run a symbol of two exports is a mere reference in one of them.
  for (const file of await exportedFiles(root)) {
    const json = await denoOutput(["doc", "--json", file], { cwd: root });
    const { nodes }: { nodes: Record<string, DocumentedModule> } = JSON.parse(json);
    for (const gap of moduleGaps(root, nodes)) gaps.add(gap);
  }
  return [...gaps].sort();
}

function moduleGaps(root: string, nodes: Readonly<Record<string, DocumentedModule>>): string[] {
  const gaps: string[] = [];
  for (const [specifier, module] of Object.entries(nodes)) {
    for (const gap of gapsOf("module", [module.module_doc])) {
      gaps.push(`${within(root, specifier)}: module lacks ${gap}`);
    }
    for (const { name, declarations } of module.symbols ?? []) {
      const own = declarations.filter((each) => each.declarationKind === "export");
      for (const kind of new Set(own.map((each) => each.kind))) {
        const same = own.filter((each) => each.kind === kind);
        for (const gap of gapsOf(kind, same.map((each) => each.jsDoc))) {
          gaps.push(`${within(root, same[0].location.filename)}: ${kind} ${name} lacks ${gap}`);
        }
      }
    }
  }
  return gaps;
}

/** One of the overloads of a function may carry the docs for all. */
function gapsOf(kind: string, docs: readonly (JsDoc | undefined)[]): string[] {
  const gaps: string[] = [];
  if (!docs.some((doc) => doc?.doc?.trim())) gaps.push("a text");
  if (!["module", "function", "class"].includes(kind)) return gaps;
  const tags = docs.flatMap((doc) => doc?.tags ?? []);
  const examples = tags.filter((tag) => tag.kind === "example");
  if (!examples.some((example) => runsAndAsserts(example.doc ?? ""))) {
    gaps.push("a running example with an assertion");
  }
  return gaps;
}

function runsAndAsserts(example: string): boolean {
  const blocks = example.matchAll(/^```(\S*)([^\n]*)\n([\s\S]*?)^```/gm);
  return [...blocks].some(([, language, flags, code]) =>
    /^(ts|typescript|tsx|js|javascript|)$/.test(language) &&
    !/ignore|no-run/.test(flags) && /\bassert\w*\(/.test(code)
  );
}

function within(root: string, specifier: string): string {
  return specifier.replace(`file://${root}/`, "");
}
