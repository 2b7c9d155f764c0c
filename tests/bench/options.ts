import { parseArgs } from "node:util";
import { type Check, parseCheck } from "./check.ts";
import { parseCount } from "./count.ts";
import type { Scheme } from "./load_case.ts";
import { MAIN_SECTION } from "./report/markdown.ts";
import { parseSize } from "./size.ts";
import { DEFAULT_PROXY, DEFAULT_TARGETS, TARGET_NAMES } from "./targets/mod.ts";

/** What a run shall measure. */
export interface BenchOptions {
  /** Only show how to use it. */
  readonly help: boolean;
  /** Names of the proxies, in the order of the table of targets. */
  readonly targets: readonly string[];
  readonly schemes: readonly Scheme[];
  /** Sizes of the bodies in bytes. */
  readonly sizes: readonly number[];
  /** Numbers of connections. */
  readonly connections: readonly number[];
  /** Length of one measurement in seconds. */
  readonly duration: number;
  /** Load before the first measurement of each case and target, in seconds; not measured. */
  readonly warmUp: number;
  /** How often every target gets every case; 0 for no load at all. */
  readonly rounds: number;
  /** How many idle connections to hold for the memory of one; 0 for none. */
  readonly idle: number;
  /** How many minutes the toolkit's own proxy is loaded to see whether its memory grows; 0 for not at all. */
  readonly soak: number;
  /** Program that is measured as `pingo`. */
  readonly proxy: string;
  /** File for everything that was measured. */
  readonly json: string | null;
  /** Whether docs/performance.md is written. */
  readonly write: boolean;
  /** Which section of it. */
  readonly section: string;
  readonly checks: readonly Check[];
}

/** What `--help` shows. */
export const HELP =
  `Measures proxies in turn on the same upstream: CPU time per request, as a ratio to nginx.

deno run -A tests/bench/main.ts [options]

  --targets NAMES      of ${TARGET_NAMES.join(",")}
                       or "all" [${DEFAULT_TARGETS.join(",")}]
  --sizes SIZES        bodies of the answers; k is 1024 bytes, m is 1024 k [130,100k]
  --connections COUNTS connections of clients [32]
  --tls                measures over TLS too
  --tls-only           measures over TLS alone
  --duration SECONDS   length of one measurement [3]
  --warm-up SECONDS    before the first one of each target and case, three times as long before the
                       first of all; 0 for none [1]
  --rounds COUNT       how often each target gets each case; 0 for no load at all [5]
  --idle COUNT         also holds so many idle connections and tells the memory of one
  --soak MINUTES       also loads "pingo" so long, all sizes in turn, and tells how its memory went
  --proxy FILE         the program that is measured as "pingo" [examples/proxy.ts]
  --json FILE          writes all samples there
  --write              writes docs/performance.md
  --section NAME       which section of it, between the marks NAME:begin and NAME:end [${MAIN_SECTION}]
  --check CHECK        fails where the ratio of CPU times is above a bound, may be repeated:
                       max=1.2[,target=NAME][,against=NAME][,scheme=S][,size=S][,connections=N]

Only ratios hold on a machine that does other things too: they are taken round by round, and the
median counts. Exits with 1 when a sample was invalid or a check failed, with 2 on bad options.
`;

/**
 * Reads the arguments of the command.
 *
 * @throws {SyntaxError} if they are not understood
 */
export function parseOptions(args: readonly string[]): BenchOptions {
  const values = parse(args);
  const rounds = parseCount(values.rounds, 0);
  const idle = parseCount(values.idle, 0);
  const soak = parseCount(values.soak, 0);
  if (rounds + idle + soak === 0) {
    throw new SyntaxError("Cannot measure: neither rounds nor idle nor soak");
  }
  return {
    help: values.help,
    targets: parseTargets(values.targets),
    schemes: values["tls-only"] ? ["https"] : values.tls ? ["http", "https"] : ["http"],
    sizes: list(values.sizes, parseSize),
    connections: list(values.connections, (each) => parseCount(each, 1)),
    duration: parseCount(values.duration, 1),
    warmUp: parseCount(values["warm-up"], 0),
    rounds,
    idle,
    soak,
    proxy: values.proxy,
    json: values.json ?? null,
    write: values.write,
    section: values.section,
    checks: values.check.map(parseCheck),
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: "boolean", short: "h", default: false },
        targets: { type: "string", default: DEFAULT_TARGETS.join() },
        sizes: { type: "string", default: "130,100k" },
        connections: { type: "string", default: "32" },
        tls: { type: "boolean", default: false },
        "tls-only": { type: "boolean", default: false },
        duration: { type: "string", default: "3" },
        "warm-up": { type: "string", default: "1" },
        rounds: { type: "string", default: "5" },
        idle: { type: "string", default: "0" },
        soak: { type: "string", default: "0" },
        proxy: { type: "string", default: DEFAULT_PROXY },
        json: { type: "string" },
        write: { type: "boolean", default: false },
        section: { type: "string", default: MAIN_SECTION },
        check: { type: "string", multiple: true, default: [] },
      },
    }).values;
  } catch (error) {
    // TypeErrors with a text for users, such as "Unknown option '--round'".
    throw new SyntaxError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function parseTargets(text: string): string[] {
  if (text === "all") return [...TARGET_NAMES];
  const names = list(text, (each) => each);
  const unknown = names.filter((each) => !TARGET_NAMES.includes(each));
  if (unknown.length > 0) {
    throw new SyntaxError(`Cannot find target: no "${unknown}" among ${TARGET_NAMES.join(", ")}`);
  }
  return TARGET_NAMES.filter((each) => names.includes(each));
}

function list<T>(text: string, parse: (each: string) => T): T[] {
  return [...new Set(text.split(",").map((each) => parse(each.trim())))];
}
