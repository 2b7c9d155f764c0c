import { checkout } from "../support/checkout.ts";

/** How a program ended, and what it wrote. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Variables of the environment for a program. */
export type Env = Readonly<Record<string, string>>;

/** What a user might have set, and what a test must not inherit: empty is the same as not set. */
const UNSET: Env = Object.fromEntries(
  [
    "LISTEN",
    "TARGET",
    "CERT",
    "KEY",
    "ACCESS_LOG",
    "ADMIN",
    "REUSE_PORT",
    "URL",
    "FILES_LISTEN",
    "FILES_CERT",
    "FILES_KEY",
    "RATE",
    "REDIS_URL",
    "BACKENDS",
    "SRV",
    "DNS",
    "HEALTH_PATH",
    "INTERVAL_MS",
    "TARGETS",
    "METHOD",
    "HEAD_MS",
    "HEDGE_MS",
    "MAX_IN_FLIGHT",
    "MAX_LAG_MS",
  ].map((
    name,
  ) => [name, ""]),
);

/** A program of this checkout in a process of its own. */
export class Program implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #texts = { stdout: "", stderr: "" };
  readonly #reading: Promise<unknown>;
  readonly #watchers = new Set<() => void>();
  #isOver = false;

  private constructor(args: readonly string[], env: Env) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", ...args],
      cwd: checkout,
      env: { ...UNSET, NO_COLOR: "1", ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#reading = Promise.all([this.#read("stdout"), this.#read("stderr")]).then(() => {
      this.#isOver = true;
      this.#tell();
    });
  }

  /** Starts a program; a test waits for {@linkcode Program.until} or {@linkcode Program.ended}. */
  static spawn(args: readonly string[], env: Env = {}): Program {
    return new Program(args, env);
  }

  /** Starts a server and waits until it says where it listens. */
  static async start(args: readonly string[], env: Env = {}): Promise<Program> {
    const program = new Program(args, { LISTEN: "127.0.0.1:0", ...env });
    try {
      await program.until("stderr", "Try it: ");
    } catch (error) {
      await program[Symbol.asyncDispose]();
      throw error;
    }
    return program;
  }

  /** Runs a program to its end. */
  static async run(args: readonly string[], env: Env = {}): Promise<Ended> {
    await using program = new Program(args, env);
    return await program.ended();
  }

  get pid(): number {
    return this.#child.pid;
  }

  get stdout(): string {
    return this.#texts.stdout;
  }

  get stderr(): string {
    return this.#texts.stderr;
  }

  /** The URL of one of its services, as the start lines tell it. */
  url(service: string): string {
    const found = new RegExp(`^  ${service} +(\\S+) \\(`, "m").exec(this.stderr);
    if (found === null) throw new Error(`Cannot find ${service} in:\n${this.stderr}`);
    return found[1];
  }

  /** Waits until a text has been written. */
  async until(stream: "stdout" | "stderr", text: string): Promise<void> {
    while (!this.#texts[stream].includes(text)) {
      if (this.#isOver) {
        throw new Error(
          `Cannot find "${text}": the program ended with\n${this.stdout}${this.stderr}`,
        );
      }
      await new Promise<void>((told) => this.#watchers.add(told));
    }
  }

  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** Waits for its end. */
  async ended(): Promise<Ended> {
    const { code } = await this.#child.status;
    await this.#reading;
    return { code, ...this.#texts };
  }

  /** The most memory that it has had, in MB; Linux knows it. */
  async peakMegabytes(): Promise<number> {
    const status = await Deno.readTextFile(`/proc/${this.pid}/status`);
    return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.ended();
  }

  async #read(stream: "stdout" | "stderr"): Promise<void> {
    const decoder = new TextDecoderStream();
    for await (const text of this.#child[stream].pipeThrough(decoder)) {
      this.#texts[stream] += text;
      this.#tell();
    }
  }

  #tell(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const told of watchers) told();
  }
}
