// Several processes on one port (SO_REUSEPORT, Linux): they share the clients, and one goes while another
// comes without a request that fails.

import { assert, assertEquals } from "@std/assert";
import { checkout } from "../../support/checkout.ts";
import { RawClient } from "./_raw_client.ts";

/** A process that listens. */
class Sharer {
  readonly pid: number;
  readonly #process: Deno.ChildProcess;
  readonly #rest: Promise<void>;

  private constructor(process: Deno.ChildProcess, rest: Promise<void>) {
    this.pid = process.pid;
    this.#process = process;
    this.#rest = rest;
  }

  /** Starts one and waits until it listens. */
  static async start(address: string): Promise<{ sharer: Sharer; port: number }> {
    const program = `${checkout}/tests/core/listen/_shared_port_program.ts`;
    const config = `--config=${checkout}/deno.json`;
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--unstable-net", config, program, address],
      stdout: "piped",
    }).spawn();
    const reader = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let written = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) throw new Error(`Cannot start: ${written}`);
      written += value;
      const port = /url http:\/\/127\.0\.0\.1:(\d+)/.exec(written)?.[1];
      if (port === undefined) continue;
      const rest = (async () => {
        while (!(await reader.read()).done);
      })();
      return { sharer: new Sharer(process, rest), port: Number(port) };
    }
  }

  /** Ends it as an operator does; gives its exit code. */
  async stop(): Promise<number> {
    this.#process.kill("SIGTERM");
    await this.#rest;
    return (await this.#process.status).code;
  }
}

interface Counts {
  isRunning: boolean;
  /** Answers by the process that gave them. */
  readonly answers: Map<number, number>;
  readonly failures: string[];
}

/** Asks again and again; begins a new connection where it is told to. */
async function ask(port: number, counts: Counts): Promise<void> {
  while (counts.isRunning) {
    try {
      using client = await RawClient.connect({ transport: "tcp", hostname: "127.0.0.1", port });
      let isOpen = true;
      while (isOpen && counts.isRunning) {
        await client.get("/");
        const answer = await client.take(">");
        const pid = Number(/<(\d+)>/.exec(answer)?.[1]);
        counts.answers.set(pid, (counts.answers.get(pid) ?? 0) + 1);
        isOpen = !answer.includes("connection: close");
      }
    } catch (error) {
      counts.failures.push(String(error));
    }
  }
}

/** Waits until each of the processes has answered so often. */
async function untilAnswered(counts: Counts, sharers: readonly Sharer[], times: number) {
  const enough = ({ pid }: Sharer): boolean => (counts.answers.get(pid) ?? 0) >= times;
  while (!sharers.every(enough)) {
    assertEquals(counts.failures, []);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

Deno.test({
  name: "two processes share a port, and one is replaced without a request that fails",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { sharer: first, port } = await Sharer.start("127.0.0.1:0");
    const { sharer: second } = await Sharer.start(`127.0.0.1:${port}`);
    const counts: Counts = { isRunning: true, answers: new Map(), failures: [] };
    const asking = Array.from({ length: 16 }, () => ask(port, counts));
    await untilAnswered(counts, [first, second], 200);
    // The successor is there before the one it replaces goes.
    const { sharer: third } = await Sharer.start(`127.0.0.1:${port}`);
    assertEquals(await first.stop(), 0);
    counts.answers.clear();
    await untilAnswered(counts, [second], 200);
    asking.push(...Array.from({ length: 16 }, () => ask(port, counts)));
    await untilAnswered(counts, [third], 200);
    assert(!counts.answers.has(first.pid));
    counts.isRunning = false;
    await Promise.all(asking);
    assertEquals(counts.failures, []);
    assertEquals(await second.stop(), 0);
    assertEquals(await third.stop(), 0);
  },
});
