import { assertEquals, assertStringIncludes } from "@std/assert";
import { FakeClock } from "../../../timeout/mod.ts";
import { LastingServer } from "../../../core/listen/_lasting_server.ts";
import { checkout } from "../../support/checkout.ts";
import { run } from "./_run.ts";

/** A server whose accepting fails when it is told to. */
class FragileServer implements Deno.HttpServer {
  readonly #finished = Promise.withResolvers<void>();
  readonly finished = this.#finished.promise;
  readonly addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
  isShut = false;

  fail(error: Error): void {
    this.#finished.reject(error);
  }

  shutdown(): Promise<void> {
    this.isShut = true;
    this.#finished.resolve();
    return this.finished;
  }

  ref(): void {}
  unref(): void {}
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }
}

const shortage = new Error("Too many open files");

/** A lasting server over fragile ones, the next of which comes from a list; an error refuses it. */
function lasting(next: (FragileServer | Error)[]) {
  const first = new FragileServer();
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const server = new LastingServer(first, {
    clock,
    onError: (error) => errors.push(error),
    restart: () => {
      const one = next.shift() ?? new Error("no more");
      if (one instanceof Error) throw one;
      return one;
    },
  });
  return { first, clock, errors, server, next };
}

Deno.test("LastingServer listens again when accepting has failed", async () => {
  const second = new FragileServer();
  const { first, clock, errors, server } = lasting([second]);
  first.fail(shortage);
  await clock.advanceAsync(100);
  assertEquals(errors.length, 1);
  assertEquals(errors[0] instanceof Error && errors[0].cause, shortage);
  // Its idle connections go; those that are busy finish.
  assertEquals([first.isShut, second.isShut], [true, false]);
  await server.stop();
  assertEquals(second.isShut, true);
});

Deno.test("LastingServer tries again after longer and longer pauses", async () => {
  const { first, clock, errors, server, next } = lasting([shortage, shortage]);
  const second = new FragileServer();
  next.push(second);
  first.fail(shortage);
  await clock.advanceAsync(100);
  assertEquals(next.length, 2);
  await clock.advanceAsync(199);
  assertEquals(next.length, 2);
  await clock.advanceAsync(1);
  assertEquals(next.length, 1);
  await clock.advanceAsync(400);
  assertEquals([next.length, errors.length, clock.timerCount], [0, 3, 0]);
  await server.stop();
  assertEquals(second.isShut, true);
});

Deno.test("LastingServer.stop() ends the pause before the next try", async () => {
  const { first, clock, server, next } = lasting([new FragileServer()]);
  first.fail(shortage);
  await clock.advanceAsync(50);
  await server.stop();
  assertEquals([clock.timerCount, next.length], [0, 1]);
});

Deno.test("LastingServer.stop() says nothing when accepting fails afterwards", async () => {
  const { first, errors, server } = lasting([]);
  const stopped = server.stop();
  first.fail(shortage);
  await stopped;
  assertEquals(errors, []);
});

const program = `
  import { reply } from "${checkout}/core/http/mod.ts";
  import { listen } from "${checkout}/core/listen/mod.ts";
  const { promise, resolve } = Promise.withResolvers();
  await using listener = await listen({ address: "127.0.0.1:0", onError: resolve }, () => reply(200));
  const connections = [];
  // Each takes two descriptors, as both ends are in this process.
  try {
    for (;;) connections.push(await Deno.connect(listener.address));
  } catch (error) {
    console.log(error.message);
  }
  console.log(String((await promise).cause));
  for (const connection of connections) connection.close();
  for (;;) {
    try {
      console.log((await fetch(listener.url)).status);
      break;
    } catch {
      // Not yet.
    }
  }
`;

Deno.test({
  name: "listen() listens again when the process was out of file descriptors",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const folder = await Deno.makeTempDir();
    try {
      await Deno.writeTextFile(`${folder}/main.ts`, program);
      const command = `ulimit -n 64; exec "$0" run -A --config "$1" "$2"`;
      const files = [`${checkout}/deno.json`, `${folder}/main.ts`];
      const { stdout, stderr } = await run("sh", "-c", command, Deno.execPath(), ...files);
      assertStringIncludes(stdout, "Too many open files", stderr);
      assertEquals(stdout.trim().split("\n").at(-1), "200", stderr);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
