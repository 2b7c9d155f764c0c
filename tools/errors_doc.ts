/**
 * Writes docs/errors.md from the table of kinds:
 *
 *     deno run -RW tools/errors_doc.ts           # writes the file
 *     deno run -R tools/errors_doc.ts --check    # exit code 1 if it is old
 *
 * @module
 */
import { ERROR_KINDS, type ErrorKindRow, type ErrorSource } from "../errors/mod.ts";

/** Where the page lies. */
export const ERRORS_DOC: URL = new URL("../docs/errors.md", import.meta.url);

const INTRO = `<!-- deno-fmt-ignore-file -->
<!-- Written by tools/errors_doc.ts from the table in errors/. Do not edit. -->

# Errors

Every failure is a \`ProxyError\` of one of these kinds. The kind decides the status of the answer,
whether another attempt may be made, the \`error\` of \`Proxy-Status\` (RFC 9209) and the metric label,
which is its name. A message is for logs alone and decides nothing.

Retry:

- \`yes\`: nothing of the request was written, so another attempt is safe;
- \`if-reused\`: safe when the connection was a reused one, the method is idempotent and the body can
  be sent again;
- \`no\`: never.
`;

const SECTIONS: readonly (readonly [ErrorSource, string, string])[] = [
  ["upstream", "Upstream", "Between the proxy and the upstream."],
  ["downstream", "Downstream", "The client, or its request, is the cause."],
  ["internal", "Internal", "The proxy itself: its limits, its time, defects."],
];

/** Text of docs/errors.md. */
export function renderErrorsDoc(): string {
  const sections = SECTIONS.map(([source, title, text]) => {
    const rows = Object.values(ERROR_KINDS).filter((row) => row.source === source);
    const kinds = rows.map(renderKind).join("\n");
    return `\n## ${title}\n\n${text}\n\n${renderTable(rows)}\n${kinds}`;
  });
  return INTRO + sections.join("");
}

function renderKind(row: ErrorKindRow): string {
  const page = row.proxyStatus === null
    ? "No answer is sent."
    : `The client reads: “${row.title}”.`;
  return `### ${row.label}\n\n${row.description}\n${page}\n`;
}

function renderTable(rows: readonly ErrorKindRow[]): string {
  const cells = [
    ["Kind", "Status", "Retry", "Proxy-Status"],
    ...rows.map((row) => [
      `[\`${row.label}\`](#${row.label})`,
      String(row.status),
      row.retry,
      row.proxyStatus === null ? "" : `\`${row.proxyStatus}\``,
    ]),
  ];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...cells.map((line) => line[column].length))
  );
  const lines = cells.map((line) =>
    `| ${line.map((cell, n) => cell.padEnd(widths[n])).join(" | ")} |`
  );
  const rule = `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`;
  return [lines[0], rule, ...lines.slice(1)].join("\n") + "\n";
}

if (import.meta.main) {
  if (!Deno.args.includes("--check")) {
    await Deno.writeTextFile(ERRORS_DOC, renderErrorsDoc());
  } else if (await Deno.readTextFile(ERRORS_DOC) !== renderErrorsDoc()) {
    console.error(
      "docs/errors.md is old: run deno run -RW tools/errors_doc.ts",
    );
    Deno.exit(1);
  }
}
