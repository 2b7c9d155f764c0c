/** Rules of STYLE that deno lint has no rule for, as a plugin that `Deno.lint.runPlugin` runs. */

/** One name that only some files may use. */
interface Restriction {
  /** ESQuery selector of the use. */
  readonly selector: string;
  readonly name: string;
  /** Files and folders, as paths from the root, that may use it. */
  readonly homes: readonly string[];
}

const clock = ["timeout/clock.ts"];
const outermost = ["cli/", "examples/"];

const restrictions: readonly Restriction[] = [
  { selector: member("Date", "now"), name: "Date.now", homes: clock },
  { selector: member("performance", "now"), name: "performance.now", homes: clock },
  { selector: member("Math", "random"), name: "Math.random", homes: clock },
  {
    selector: 'NewExpression[callee.name="Date"][arguments.length=0]',
    name: "new Date()",
    homes: clock,
  },
  { selector: called("setTimeout"), name: "setTimeout", homes: clock },
  { selector: called("setInterval"), name: "setInterval", homes: clock },
  { selector: member("AbortSignal", "timeout"), name: "AbortSignal.timeout", homes: clock },
  { selector: 'MemberExpression[object.name="console"]', name: "console", homes: outermost },
  { selector: member("Deno", "env"), name: "Deno.env", homes: outermost },
  { selector: member("Deno", "exit"), name: "Deno.exit", homes: outermost },
  { selector: "TSAnyKeyword", name: "any", homes: [] },
  { selector: "TSNonNullExpression", name: "the postfix !", homes: [] },
];

function member(object: string, property: string): string {
  return `MemberExpression[object.name="${object}"][property.name="${property}"]`;
}

/** A call of the global, by itself or as a property of globalThis. */
function called(name: string): string {
  return `CallExpression[callee.name="${name}"], ${member("globalThis", name)}`;
}

/** What one file does that its path does not permit, each as `path:line: …`. */
export function hygieneViolations(path: string, source: string): string[] {
  const diagnostics = Deno.lint.runPlugin(pluginFor(path), path, source);
  return diagnostics
    .map(({ range, message }) => ({ line: source.slice(0, range[0]).split("\n").length, message }))
    .sort((a, b) => a.line - b.line)
    .map(({ line, message }) => `${path}:${line}: ${message}`);
}

function pluginFor(path: string): Deno.lint.Plugin {
  return {
    name: "pingo",
    rules: {
      hygiene: {
        create(context) {
          const visitor: Deno.lint.LintVisitor = {};
          for (const { selector, name, homes } of restrictions) {
            if (
              homes.some((home) => path === home || home.endsWith("/") && path.startsWith(home))
            ) {
              continue;
            }
            visitor[selector] = (node: Deno.lint.Node) => {
              const message = homes.length === 0
                ? `uses ${name}`
                : `uses ${name}, which is for ${homes.join(" and ")} alone`;
              context.report({ node, message });
            };
          }
          if (path.endsWith("mod.ts")) visitor.Program = (node) => reportLogic(node, context);
          return visitor;
        },
      },
    },
  };
}

/** A mod.ts is a list of re-exports and nothing else. */
function reportLogic(program: Deno.lint.Program, context: Deno.lint.RuleContext): void {
  for (const statement of program.body) {
    const isReExport = statement.type === "ExportAllDeclaration" ||
      statement.type === "ExportNamedDeclaration" && statement.source !== null;
    if (!isReExport) {
      context.report({ node: statement, message: "a mod.ts holds nothing but re-exports" });
    }
  }
}
