import { parseCount } from "./count.ts";
import { describeCase, type LoadCase, type Scheme } from "./load_case.ts";
import { casesOf, cpuRatio, type Sample, samplesOf } from "./sample.ts";
import { parseSize } from "./size.ts";
import { BASELINE, SUBJECT, TARGET_NAMES } from "./targets/mod.ts";

/** A bound for a ratio of CPU time per request. */
export interface Check {
  /** As it was written. */
  readonly text: string;
  /** The ratio may be at most this. */
  readonly max: number;
  /** Which target is looked at. */
  readonly target: string;
  /** Which target it is compared with. */
  readonly against: string;
  /** Only cases that are like this. */
  readonly only: Partial<LoadCase>;
}

/** What came of a check in one case. */
export interface Verdict {
  readonly holds: boolean;
  /** One line that tells it. */
  readonly text: string;
}

/**
 * Reads a check: `max=1.2`, where wanted with `target=`, `against=`, `scheme=`, `size=`, `connections=`, such as
 * `max=0.4,size=100k,against=serve_fetch`.
 *
 * @throws {SyntaxError} if it is no check
 */
export function parseCheck(text: string): Check {
  let max = NaN;
  let target = SUBJECT;
  let against = BASELINE;
  let only: Partial<LoadCase> = {};
  for (const part of text.split(",")) {
    const at = part.indexOf("=");
    const value = part.slice(at + 1);
    switch (part.slice(0, at)) {
      case "max":
        max = Number(value);
        break;
      case "target":
        target = parseTarget(value);
        break;
      case "against":
        against = parseTarget(value);
        break;
      case "scheme":
        only = { ...only, scheme: parseScheme(value) };
        break;
      case "size":
        only = { ...only, bodyBytes: parseSize(value) };
        break;
      case "connections":
        only = { ...only, connections: parseCount(value, 1) };
        break;
      default:
        throw new SyntaxError(`Cannot read check: "${part}" is unknown`);
    }
  }
  if (!(max > 0)) throw new SyntaxError(`Cannot read check: "${text}" has no max above 0`);
  return { text, max, target, against, only };
}

/** Holds a check against what was measured. One that no case is about fails, or it would say nothing for ever. */
export function judge(check: Check, samples: readonly Sample[]): Verdict[] {
  const verdicts = casesOf(samples).filter((each) => isLike(each, check.only)).flatMap((each) => {
    const ratio = cpuRatio(samplesOf(samples, each), check);
    if (ratio === null) return [];
    const holds = ratio.median <= check.max;
    const bound = `${holds ? "at most" : "above"} ${check.max}`;
    const pair = `${check.target} against ${check.against}`;
    return [{ holds, text: `${describeCase(each)}: ${pair} ${ratio.median.toFixed(2)}, ${bound}` }];
  });
  return verdicts.length > 0
    ? verdicts
    : [{ holds: false, text: `${check.text}: nothing measured` }];
}

function isLike({ scheme, bodyBytes, connections }: LoadCase, only: Partial<LoadCase>): boolean {
  return scheme === (only.scheme ?? scheme) && bodyBytes === (only.bodyBytes ?? bodyBytes) &&
    connections === (only.connections ?? connections);
}

function parseTarget(name: string): string {
  if (TARGET_NAMES.includes(name)) return name;
  throw new SyntaxError(`Cannot read check: no target "${name}"`);
}

function parseScheme(name: string): Scheme {
  if (name === "http" || name === "https") return name;
  throw new SyntaxError(`Cannot read check: scheme "${name}" is neither http nor https`);
}
