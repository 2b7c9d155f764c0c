import { Child } from "../process/child.ts";
import { parseWrkReport, type WrkReport } from "./wrk_report.ts";

/** Options of {@linkcode runWrk}. */
export interface WrkOptions {
  /** Path of the program. */
  readonly program: string;
  /** What is asked for, again and again. */
  readonly url: string;
  /** Connections that are kept alive, each with one request at a time. */
  readonly connections: number;
  /** How long, in whole seconds: wrk knows no others. */
  readonly seconds: number;
  /** CPUs it runs on. */
  readonly cpus: string;
  /** Ends it early. */
  readonly signal: AbortSignal;
}

/** Runs wrk once. */
export async function runWrk(options: WrkOptions): Promise<WrkReport> {
  const { program, url, connections, seconds, cpus, signal } = options;
  const args = [
    "--threads=1",
    `--connections=${connections}`,
    `--duration=${seconds}s`,
    // Of the latency, not of the connection: a thousand downloads of 1 MB at once take more than the 2 s of its default.
    "--timeout=30s",
    "--latency",
    url,
  ];
  await using wrk = new Child("wrk", { program, args }, cpus);
  const stop = () => wrk.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  try {
    const code = await wrk.exited;
    signal.throwIfAborted();
    if (code !== 0) throw new Error(`Cannot load ${url}: wrk exited with ${code}: ${wrk.output()}`);
    return parseWrkReport(wrk.output());
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
