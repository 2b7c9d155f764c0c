import type { Environment } from "../environment.ts";
import type { IdleSample } from "../idle.ts";
import { describeCase } from "../load_case.ts";
import type { CaseSummary } from "../summary.ts";
import type { Target } from "../targets/mod.ts";
import type { SoakSample } from "../soak.ts";
import { idleTable, loadTable, soakTable, type Table } from "./figures.ts";

/** The section that a run writes unless it is told another one. */
export const MAIN_SECTION = "bench";

/** The marks of a section of the page. */
function marksOf(section: string): { begin: string; end: string } {
  return {
    begin: `<!-- ${section}:begin: written by tests/bench, do not edit -->`,
    end: `<!-- ${section}:end -->`,
  };
}

const MAIN = marksOf(MAIN_SECTION);

/** The page where there is none yet. */
export const EMPTY_PAGE = `# Performance

What a request costs this proxy in CPU time, against other proxies in the same run. \`deno task bench:proxy\` measures it,
\`deno task bench:proxy --help\` tells how to measure something else, and with \`--write\` the bench writes what is between
the marks below; no figure there is written by hand.

How to read it: every proxy has one CPU for itself, load generator and upstream share the rest. The targets take turns, round
by round, and a ratio is the median of the ratios of each round, so that a machine that does other things too disturbs
it little; requests per second and latency hold for that machine and that moment only. CPU time is user and system time of
all threads and processes of a proxy divided by the answers that the clients got. Memory is resident memory: its peak
during the load, and for idle connections the growth by connections that made one request each.

${MAIN.begin}

${MAIN.end}
`;

/** What a run found. */
export interface Findings {
  readonly environment: Environment;
  readonly targets: readonly Target[];
  readonly summaries: readonly CaseSummary[];
  readonly idle: readonly IdleSample[];
  readonly soak: readonly SoakSample[];
}

/** Everything that a run found, in Markdown. */
export function findingsMarkdown(
  { environment, targets, summaries, idle, soak }: Findings,
): string {
  const { date, command, commit, machine, cpus, load, versions } = environment;
  const facts = [
    `Date: ${date}, commit ${commit}`,
    `Command: \`${command}\``,
    `Machine: ${machine}; ${cpus}`,
    `Load: ${load}`,
    ...targets.map(({ name, title }) => `${name}: ${title} (${versions[name]})`),
  ];
  const loads = summaries.flatMap((each) => [
    `### ${describeCase(each.loadCase)}`,
    markdownTable(loadTable(each)),
  ]);
  const held = idle.length === 0 ? [] : ["### Idle connections", markdownTable(idleTable(idle))];
  const soaked = soak.length === 0 ? [] : ["### A long load", markdownTable(soakTable(soak))];
  return [facts.map((each) => `- ${each}`).join("\n"), ...loads, ...held, ...soaked].join("\n\n");
}

/** A table in Markdown. */
export function markdownTable({ head, rows }: Table): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, column) => column === 0 ? "---" : "---:");
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/**
 * Puts text between the marks of a section of a page, instead of what was there.
 *
 * @throws {SyntaxError} if the page does not have both marks, once and in their order
 */
export function replaceMarked(page: string, text: string, section = MAIN_SECTION): string {
  const { begin, end } = marksOf(section);
  const [before, rest, ...more] = page.split(begin);
  const [inside, after, ...evenMore] = rest?.split(end) ?? [];
  if (inside === undefined || after === undefined || more.length + evenMore.length > 0) {
    throw new SyntaxError(`Cannot write page: not one "${begin}" and one "${end}" after it`);
  }
  return `${before}${begin}\n\n${text}\n\n${end}${after}`;
}
