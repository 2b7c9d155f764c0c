import type { CaseSummary, TargetSummary } from "../summary.ts";
import { describeCase } from "../load_case.ts";
import type { IdleSample } from "../idle.ts";
import type { SoakSample } from "../soak.ts";

/** A table of text: a head, and rows that are as wide as it. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Head of the columns of {@linkcode loadRow}. */
const LOAD_HEAD = [
  "target",
  "CPU µs/request",
  "× nginx",
  "least–most",
  "requests/s",
  "p50 ms",
  "p99 ms",
  "peak MiB",
];

/** How all targets took one load. */
export function loadTable({ targets }: CaseSummary): Table {
  return { head: LOAD_HEAD, rows: targets.map(loadRow) };
}

/** What idle connections cost each target. */
export function idleTable(samples: readonly IdleSample[]): Table {
  const head = ["target", "scheme", "KiB/connection", "connections", "base MiB", "held MiB"];
  const rows = samples.map((each) => [
    each.target,
    each.scheme,
    ((each.heldBytes - each.baseBytes) / each.connections / 1024).toFixed(1),
    String(each.connections),
    mebibytes(each.baseBytes),
    mebibytes(each.heldBytes),
  ]);
  return { head, rows };
}

/** How memory went under a long load: at the end of each quarter of it. */
export function soakTable(samples: readonly SoakSample[]): Table {
  const head = ["target", "minutes", "requests", "MiB at 1/4", "2/4", "3/4", "4/4"];
  const rows = samples.map(({ target, minutes, requests, residentBytes }) => [
    target,
    String(minutes),
    String(requests),
    ...[1, 2, 3, 4].map((quarter) =>
      mebibytes(residentBytes[Math.ceil(residentBytes.length * quarter / 4) - 1])
    ),
  ]);
  return { head, rows };
}

/** Everything that makes a run invalid, one line each. */
export function faultLines(
  summaries: readonly CaseSummary[],
  idle: readonly IdleSample[],
  soak: readonly SoakSample[] = [],
): string[] {
  const load = summaries.flatMap(({ loadCase, targets }) =>
    targets.flatMap(({ target, faults }) =>
      faults.map((fault) => `${describeCase(loadCase)}: ${target}: ${fault}`)
    )
  );
  const held = idle.flatMap(({ target, scheme, faults }) =>
    faults.map((fault) => `${scheme}, idle: ${target}: ${fault}`)
  );
  const soaked = soak.flatMap(({ target, faults }) =>
    faults.map((fault) => `soak: ${target}: ${fault}`)
  );
  return [...load, ...held, ...soaked];
}

function loadRow(summary: TargetSummary): string[] {
  const { target, cpuMicrosPerRequest, ratio, requestsPerSecond, p50Ms, p99Ms, peakBytes } =
    summary;
  return [
    target,
    threeDigits(cpuMicrosPerRequest.median),
    ratio === null ? "–" : ratio.median.toFixed(2),
    ratio === null ? "–" : `${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)}`,
    Math.round(requestsPerSecond).toString(),
    threeDigits(p50Ms),
    threeDigits(p99Ms),
    mebibytes(peakBytes),
  ];
}

function mebibytes(bytes: number): string {
  return Math.round(bytes / 1024 ** 2).toString();
}

/** More digits than three would only show noise. */
function threeDigits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
