import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type BackgroundContext,
  backgroundService,
  Server,
  ServiceError,
} from "../../../core/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { recordingLogger, recordingService } from "./_recorder.ts";

const quiet = { logger: recordingLogger() };

/** Ready at once; ends when it is told to. */
const obedient = async ({ ready, signal }: BackgroundContext): Promise<void> => {
  ready();
  await new Promise((resolve) => signal.addEventListener("abort", resolve));
};

Deno.test("backgroundService() lets dependents wait until it says ready", async () => {
  const steps: string[] = [];
  const gate = Promise.withResolvers<void>();
  const discovery = backgroundService("discovery", async (context) => {
    await gate.promise;
    steps.push("found");
    await obedient(context);
  });
  const user = recordingService("user", steps, { dependsOn: ["discovery"] });
  await using server = new Server(quiet).addServices([user, discovery]);
  const started = server.start();
  assertEquals(server.isReady, false);
  gate.resolve();
  await started;
  assertEquals(steps, ["found", "user starts", "user is ready"]);
});

Deno.test("backgroundService() is ready and no failure when its work is done", async () => {
  const server = new Server(quiet).addServices([
    backgroundService("once", () => {}),
    backgroundService("later", async ({ ready }) => {
      ready();
      await Promise.resolve();
    }),
  ]);
  await server.start();
  assertEquals(await server.stop(), { exitCode: 0, problems: [] });
});

Deno.test("backgroundService() ends when its signal fires", async () => {
  const logger = recordingLogger();
  const server = new Server({ logger }).addServices([
    backgroundService("obedient", obedient),
    backgroundService("throws its reason", async (context) => {
      await obedient(context);
      throw context.signal.reason;
    }),
  ]);
  await server.start();
  assertEquals(await server.stop(), { exitCode: 0, problems: [] });
  assertEquals(logger.lines, ["info ready", "info stopping", "info stopped"]);
});

Deno.test("backgroundService() ends in time when the deadline is now", async () => {
  const server = new Server(quiet).addService(backgroundService("obedient", obedient));
  await server.start();
  assertEquals(await server.stop({ deadlineMs: 0 }), { exitCode: 0, problems: [] });
});

Deno.test("backgroundService() only warns when it fails while it stops", async () => {
  const logger = recordingLogger();
  const server = new Server({ logger }).addService(
    backgroundService("a", async (context) => {
      await obedient(context);
      throw new Error("in the end");
    }),
  );
  await server.start();
  assertEquals((await server.stop()).exitCode, 0);
  assertEquals(logger.lines.includes("warn service failed while it stopped"), true);
});

Deno.test("backgroundService() counts as cut when it ignores its signal", async () => {
  const clock = new FakeClock();
  const server = new Server({ ...quiet, clock, deadlineMs: 1_000 }).addService(
    backgroundService("deaf", ({ ready }) => {
      ready();
      return new Promise(() => {});
    }),
  );
  await server.start();
  const stopped = server.stop();
  await clock.advanceAsync(1_500);
  assertEquals((await stopped).problems, [
    'Service "deaf" had 1 unfinished when the time was over',
  ]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("backgroundService() makes the start fail when it throws before it is ready", async () => {
  const server = new Server(quiet).addService(
    backgroundService("bad", () => {
      throw new Error("no luck");
    }),
  );
  await assertRejects(() => server.start(), ServiceError, '"bad": no luck');
});

Deno.test("backgroundService() stops the server when it throws later", async () => {
  const gate = Promise.withResolvers<void>();
  const server = new Server(quiet).addService(
    backgroundService("bad", async ({ ready }) => {
      ready();
      await gate.promise;
      throw new Error("crash");
    }),
  );
  await server.start();
  gate.resolve();
  assertEquals(await server.whenStopped(), {
    exitCode: 1,
    problems: ['Service "bad" failed: crash'],
  });
});

Deno.test("backgroundService() that never says ready is ended when the start times out", async () => {
  const clock = new FakeClock();
  const signals: AbortSignal[] = [];
  const server = new Server({ ...quiet, clock, startTimeoutMs: 100 }).addService(
    backgroundService("silent", async ({ signal }) => {
      signals.push(signal);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    }),
  );
  const rejected = assertRejects(() => server.start(), ServiceError, "it has not said ready");
  await clock.advanceAsync(100);
  await rejected;
  assertEquals(signals.map(({ aborted }) => aborted), [true]);
});

/** A server whose only service fails at each run, after a time, and the moments of its runs. */
async function failing(restart: { maxRestarts?: number }, ranMs: readonly number[] = []) {
  const clock = new FakeClock();
  const runs: number[] = [];
  const service = backgroundService("flaky", async ({ ready }) => {
    const ran = ranMs[runs.length] ?? 0;
    runs.push(clock.now());
    ready();
    await new Promise<void>((resolve) => void clock.setTimer(resolve, ran));
    throw new Error("again");
  }, { restart: { firstDelayMs: 100, longestDelayMs: 300, ...restart } });
  const server = new Server({ ...quiet, clock }).addService(service);
  await server.start();
  return { clock, runs, server };
}

Deno.test("backgroundService() starts again after doubling pauses with restart", async () => {
  const { clock, runs, server } = await failing({});
  await clock.advanceAsync(1_000);
  assertEquals(runs, [0, 100, 300, 600, 900]);
  assertEquals(server.isReady, true);
  assertEquals((await server.stop()).exitCode, 0);
  assertEquals(clock.timerCount, 0);
});

Deno.test("backgroundService() begins with the first pause again after a long run", async () => {
  const { clock, runs, server } = await failing({}, [0, 0, 301, 0]);
  await clock.advanceAsync(1_000);
  assertEquals(runs, [0, 100, 300, 701, 901]);
  await server.stop();
});

Deno.test("backgroundService() fails the server when its restarts are used up", async () => {
  const { clock, runs, server } = await failing({ maxRestarts: 2 });
  await clock.advanceAsync(1_000);
  assertEquals(runs, [0, 100, 300]);
  assertEquals((await server.whenStopped()).problems, ['Service "flaky" failed: again']);
});

Deno.test("backgroundService() throws RangeError when a value of restart makes no sense", () => {
  for (const restart of [{ firstDelayMs: -1 }, { longestDelayMs: NaN }, { maxRestarts: -1 }]) {
    assertThrows(() => backgroundService("a", () => {}, { restart }), RangeError, "Cannot take");
  }
});
