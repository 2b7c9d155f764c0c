import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { checkout } from "../../support/checkout.ts";

/** A program that runs, with what it has written so far. */
class Program implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #pumps: Promise<void>[];
  #written = "";
  #onWrite = Promise.withResolvers<void>();

  private constructor(...args: string[]) {
    const program = `${checkout}/tests/core/server/_program.ts`;
    this.#process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", `--config=${checkout}/deno.json`, program, ...args],
      stdout: "piped",
      stderr: "piped",
      env: { NO_COLOR: "1" },
    }).spawn();
    this.#pumps = [this.#process.stdout, this.#process.stderr].map((stream) => this.#pump(stream));
  }

  /** Starts it and waits until it listens. */
  static async start(...args: string[]): Promise<{ program: Program; url: string }> {
    const program = new Program(...args);
    const [, url] = await program.until(/url (\S+)/);
    return { program, url };
  }

  /** Runs it to its end. */
  static async run(...args: string[]): Promise<[code: number, written: string]> {
    await using program = new Program(...args);
    return [await program.exitCode(), program.#written];
  }

  kill(signal: Deno.Signal): void {
    this.#process.kill(signal);
  }

  /** Waits until it has written something. */
  async until(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.#written);
      if (match !== null) return match;
      await Promise.race([this.#onWrite.promise, this.#ended()]);
    }
  }

  async exitCode(): Promise<number> {
    await Promise.all(this.#pumps);
    return (await this.#process.status).code;
  }

  async #ended(): Promise<never> {
    const code = await this.exitCode();
    throw new Error(`Cannot wait for the program: it ended with ${code}\n${this.#written}`);
  }

  async #pump(stream: ReadableStream<Uint8Array>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.#written += text;
      this.#onWrite.resolve();
      this.#onWrite = Promise.withResolvers();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGKILL");
    } catch {
      // It has ended.
    }
    await this.exitCode();
  }
}

/** Settles when nobody accepts connections any more. */
async function untilRefused(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  for (;;) {
    try {
      using _connection = await Deno.connect({ hostname, port: Number(port) });
    } catch (error) {
      if (error instanceof Deno.errors.ConnectionRefused) return;
      assert(error instanceof Deno.errors.ConnectionReset);
    }
  }
}

const ignore = Deno.build.os === "windows";

Deno.test({
  name: "Server.runForever() finishes a download, refuses new connections and returns 0 on SIGTERM",
  ignore,
  fn: async () => {
    const { program, url } = await Program.start("60000");
    await using _program = program;
    const response = await fetch(`${url}/download`);
    assert(response.body !== null);
    const reader = response.body.getReader();
    let received = (await reader.read()).value?.byteLength ?? 0;
    program.kill("SIGTERM");
    await program.until(/stopping/);
    await untilRefused(url);
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      received += chunk.value.byteLength;
    }
    assertEquals(received, 33_554_432);
    await program.until(/end 200 well 33554432/);
    await program.until(/stopped/);
    assertEquals(await program.exitCode(), 0);
  },
});

Deno.test({
  name: "Server.runForever() cuts at the deadline, says what, and returns 1 on SIGTERM",
  ignore,
  fn: async () => {
    const { program, url } = await Program.start("200");
    await using _program = program;
    const response = fetch(`${url}/never`);
    await program.until(/begin \/never/);
    program.kill("SIGTERM");
    const { status, body } = await response;
    await body?.cancel();
    assertEquals(status, 503);
    await program.until(/end 503 server_stopping/);
    await program.until(/ERROR Service "api" had 1 unfinished when the time was over/);
    assertEquals(await program.exitCode(), 1);
  },
});

for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
  Deno.test({
    name: `Server.runForever() returns ${code} at once on a second ${signal}`,
    ignore,
    fn: async () => {
      const { program, url } = await Program.start("Infinity");
      await using _program = program;
      const failed = fetch(`${url}/never`).then(({ body }) => body?.cancel(), () => {});
      await program.until(/begin \/never/);
      program.kill("SIGINT");
      await program.until(/stopping/);
      // For a moment a repeated signal is the same wish: once more until it is another one.
      const repeat = setInterval(() => {
        try {
          program.kill(signal);
        } catch {
          // It has ended.
        }
      }, 20);
      try {
        assertEquals(await program.exitCode(), code);
      } finally {
        clearInterval(repeat);
      }
      await failed;
    },
  });
}

Deno.test({
  name: "Server.runForever() takes a signal that comes twice at once for one",
  ignore,
  fn: async () => {
    const { program, url } = await Program.start("Infinity");
    await using _program = program;
    await (await fetch(`${url}/`)).body?.cancel();
    program.kill("SIGINT");
    program.kill("SIGINT");
    assertEquals(await program.exitCode(), 0);
  },
});

Deno.test("Server.runForever() writes one clear line and returns 1 when the port is taken", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `127.0.0.1:${taken.addr.port}`;
  const [code, written] = await Program.run("1000", address);
  assertEquals(code, 1);
  assertStringIncludes(
    written,
    `ERROR Cannot start service "api": Cannot listen on ${address}: the port is taken\n`,
  );
  assertEquals(written.trimEnd().split("\n").length, 1);
});
