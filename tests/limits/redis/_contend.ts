import { checkout } from "../../support/checkout.ts";
import { GCRA_BURST, LIMIT, type Passed, type Report, WINDOW_MS } from "./_contender.ts";

/** What came out of one limiter. */
export interface Contended {
  readonly name: string;
  readonly takes: number;
  readonly passed: number;
  /** The most that the rule allows in the time. */
  readonly mostAllowed: number;
  /** The most that surely passed in one window of the rule, of which the rule allows `mostInWindow`. */
  readonly inWindow: number;
  readonly mostInWindow: number;
}

/** Lets processes take from the same limits. */
export async function contend(
  url: string,
  options: { processes: number; ms: number },
): Promise<Contended[]> {
  const { processes, ms } = options;
  const prefix = `pingo:test:${crypto.randomUUID()}:`;
  const children = Array.from({ length: processes }, () =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "tests/limits/redis/_contender.ts", url, prefix, String(ms)],
      cwd: checkout,
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn());
  const outputs = children.map((child) => linesOf(child.stdout));
  for (const lines of outputs) await lines.next(); // ready
  for (const child of children) {
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array([10]));
    await writer.close();
  }
  const reports: Report[] = [];
  for (const lines of outputs) reports.push(JSON.parse((await lines.next()).value ?? "{}"));
  for (const lines of outputs) await lines.return();
  await Promise.all(children.map((child) => child.status));

  const bursts: Record<string, number> = { bucket: LIMIT, gcra: GCRA_BURST, window: LIMIT };
  return Object.keys(bursts).map((name) => {
    const passed = reports.flatMap((report) => report[name].passed);
    const spanMs = Math.max(...passed.map(([, to]) => to)) -
      Math.min(...passed.map(([from]) => from));
    const perWindow = name === "window" ? LIMIT : bursts[name] + LIMIT;
    return {
      name,
      takes: reports.reduce((sum, report) => sum + report[name].takes, 0),
      passed: passed.length,
      mostAllowed: Math.floor(bursts[name] + LIMIT * spanMs / WINDOW_MS),
      inWindow: mostInWindow(passed),
      mostInWindow: perWindow,
    };
  });
}

/** A take was decided some time between its two ends: only those count that lie in a window as a whole. */
function mostInWindow(passed: readonly Passed[]): number {
  const byEnd = passed.toSorted((a, b) => a[1] - b[1]);
  let most = 0;
  for (const [start] of passed) {
    let count = 0;
    for (const [from, to] of byEnd) {
      if (to >= start + WINDOW_MS) break;
      if (from >= start) count++;
    }
    most = Math.max(most, count);
  }
  return most;
}

async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
): AsyncGenerator<string, void> {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    for (let end; (end = text.indexOf("\n")) >= 0;) {
      yield text.slice(0, end);
      text = text.slice(end + 1);
    }
  }
}
