import { processTree } from "./process_tree.ts";

/** How to start a program. */
export interface Launch {
  /** Path of the program. */
  readonly program: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /**
   * Environment variables on top of those of the bench.
   * @default {{}}
   */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Working directory.
   * @default {Deno.cwd()}
   */
  readonly cwd?: string;
}

const MAX_OUTPUT = 16_384;
const GRACE_MS = 3000;

/** A running program, bound to some CPUs. Disposing of it ends it, and everything that it started. */
export class Child implements AsyncDisposable {
  /** Name for messages. */
  readonly name: string;
  /** Its process id. */
  readonly pid: number;
  /** Its exit code, when it has ended and all its output is read. */
  readonly exited: Promise<number>;
  #ended = false;
  #output = "";

  /**
   * Starts the program.
   *
   * @param cpus list of CPUs, such as `0` or `0,2`
   */
  constructor(name: string, launch: Launch, cpus: string) {
    // taskset becomes the program: one process, and the pid is the program's.
    const child = new Deno.Command("taskset", {
      args: ["--cpu-list", cpus, launch.program, ...launch.args],
      // What it says is shown as part of a message.
      env: { NO_COLOR: "1", ...launch.env },
      cwd: launch.cwd,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.name = name;
    this.pid = child.pid;
    const output = [this.#collect(child.stdout), this.#collect(child.stderr)];
    this.exited = child.status.then(async (status) => {
      this.#ended = true;
      await Promise.all(output);
      return status.code;
    });
  }

  /** The last 16 KiB that it wrote to standard output and standard error. */
  output(): string {
    return this.#output.trim();
  }

  /** Throws once it has ended, with what it said last. */
  assertRunning(): void {
    if (this.#ended) throw new Error(`Cannot use ${this.name}: it ended: ${this.output()}`);
  }

  /** Sends a signal; does nothing when it has ended. */
  kill(signal: Deno.Signal): void {
    if (!this.#ended) signalProcess(this.pid, signal);
  }

  /** Asks it to end and, where that is not heard within three seconds, kills it and its children. */
  async [Symbol.asyncDispose](): Promise<void> {
    const tree = this.#ended ? [] : await processTree(this.pid);
    this.kill("SIGTERM");
    const timer = setTimeout(() => {
      for (const { pid } of tree) signalProcess(pid, "SIGKILL");
    }, GRACE_MS);
    await this.exited;
    clearTimeout(timer);
  }

  async #collect(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#output = (this.#output + text).slice(-MAX_OUTPUT);
    }
  }
}

function signalProcess(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return;
    throw error;
  }
}
