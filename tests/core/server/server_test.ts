import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Server, ServiceError } from "../../../core/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { recordingLogger, recordingService } from "./_recorder.ts";

const quiet = { logger: recordingLogger() };

Deno.test("Server.start() starts services after what they depend on", async () => {
  const steps: string[] = [];
  await using server = new Server(quiet).addServices([
    recordingService("proxy", steps, { dependsOn: ["discovery", "cache"] }),
    recordingService("discovery", steps, { dependsOn: ["dns"] }),
    recordingService("cache", steps),
    recordingService("dns", steps),
  ]);
  await server.start();
  const at = (step: string): number => steps.indexOf(step);
  assert(at("dns is ready") < at("discovery starts"));
  assert(at("discovery is ready") < at("proxy starts"));
  assert(at("cache is ready") < at("proxy starts"));
  assert(at("cache starts") < at("dns is ready"), "those that do not wait start together");
});

Deno.test("Server.reload() asks each service that can, and logs the one that fails", async () => {
  const logger = recordingLogger();
  const steps: string[] = [];
  const fails = (): Promise<void> => Promise.reject(new Error("no"));
  const server = new Server({ logger }).addServices([
    recordingService("plain", []),
    { ...recordingService("files", []), reload: () => void steps.push("files") },
    { ...recordingService("broken", []), reload: fails },
  ]);
  await server.reload();
  assertEquals(steps, [], "it does not run");
  await server.start();
  await server.reload();
  assertEquals(steps, ["files"]);
  assertEquals(logger.lines.filter((line) => line.startsWith("error")), [
    "error service not reloaded",
  ]);
  await server.stop();
  await server.reload();
  assertEquals(steps, ["files"], "it has stopped");
});

Deno.test("Server.stop() stops services before what they depend on", async () => {
  const steps: string[] = [];
  const server = new Server(quiet).addServices([
    recordingService("a", steps),
    recordingService("b", steps, { dependsOn: ["a"] }),
    recordingService("c", steps, { dependsOn: ["b", "b"] }),
  ]);
  await server.start();
  steps.length = 0;
  assertEquals(await server.stop(), { exitCode: 0, problems: [] });
  assertEquals(steps, [
    "c stops",
    "c has stopped",
    "b stops",
    "b has stopped",
    "a stops",
    "a has stopped",
  ]);
  assertEquals(server.state, "stopped");
});

const orders: readonly (readonly [string, Record<string, string[]>, string])[] = [
  ["a name is not there", { a: ["b"] }, '"a" depends on "b", which is not there'],
  ["a service waits for itself", { a: ["a"] }, 'they wait in a circle, "a" -> "a"'],
  [
    "services wait in a circle",
    { x: ["a"], a: ["b"], b: ["c"], c: ["a"] },
    'they wait in a circle, "a" -> "b" -> "c" -> "a"',
  ],
];

for (const [state, graph, message] of orders) {
  Deno.test(`Server.start() rejects with TypeError when ${state}`, async () => {
    const steps: string[] = [];
    const services = Object.entries(graph).map(([name, dependsOn]) =>
      recordingService(name, steps, { dependsOn })
    );
    const server = new Server(quiet).addServices(services);
    await assertRejects(() => server.start(), TypeError, `Cannot order services: ${message}`);
    await assertRejects(() => server.runForever(), TypeError, message);
    assertEquals(steps, []);
  });
}

Deno.test("Server.addService() throws when the name is empty, taken, or it is too late", async () => {
  await using server = new Server(quiet).addService(recordingService("a", []));
  assertThrows(() => server.addService(recordingService("", [])), TypeError, "it has no name");
  assertThrows(() => server.addService(recordingService("a", [])), TypeError, "one of that name");
  await server.start();
  assertThrows(() => server.addService(recordingService("b", [])), Error, "has been started");
});

Deno.test("Server is ready from when all services are to when it is told to stop", async () => {
  const clock = new FakeClock();
  const gate = Promise.withResolvers<void>();
  const steps: string[] = [];
  const server = new Server({ ...quiet, clock, drainDelayMs: 5_000 }).addServices([
    recordingService("fast", steps),
    recordingService("slow", steps, { start: () => gate.promise }),
  ]);
  const started = server.start();
  assertEquals([server.isReady, server.state], [false, "starting"]);
  gate.resolve();
  await Promise.all([started, server.whenReady()]);
  assertEquals([server.isReady, server.state], [true, "running"]);
  steps.length = 0;
  const stopped = server.stop();
  assertEquals([server.isReady, server.state], [false, "stopping"]);
  // Services go on until load balancers have seen it.
  await clock.advanceAsync(4_999);
  assertEquals(steps, []);
  await clock.advanceAsync(1);
  await stopped;
  assertEquals(steps.length, 4);
  assertEquals(clock.timerCount, 0);
});

Deno.test("Server.start() stops what was started and names the service when one fails", async () => {
  const steps: string[] = [];
  const logger = recordingLogger();
  const server = new Server({ logger }).addServices([
    recordingService("good", steps),
    recordingService("bad", steps, {
      dependsOn: ["good"],
      start: () => Promise.reject(new Error("no luck")),
    }),
    recordingService("never", steps, { dependsOn: ["bad"] }),
  ]);
  const error = await assertRejects(() => server.start(), ServiceError);
  assertEquals([error.service, error.message], ["bad", 'Cannot start service "bad": no luck']);
  assertEquals(steps, [
    "good starts",
    "good is ready",
    "bad starts",
    "good stops",
    "good has stopped",
  ]);
  await assertRejects(() => server.whenReady(), ServiceError, "no luck");
  assertEquals(await server.whenStopped(), { exitCode: 1, problems: [error.message] });
  assertEquals(logger.lines, [`error ${error.message}`]);
});

Deno.test("Server.start() gives up the others at once when one fails", async () => {
  const steps: string[] = [];
  const server = new Server(quiet).addServices([
    recordingService("waits", steps, { start: () => new Promise(() => {}) }),
    recordingService("bad", steps, { start: () => Promise.reject(new Error("no luck")) }),
  ]);
  await assertRejects(() => server.start(), ServiceError, '"bad": no luck');
  assertEquals(steps, ["waits starts", "bad starts", "waits stops", "waits has stopped"]);
});

Deno.test("Server.start() rejects when a service does not say ready in time", async () => {
  const clock = new FakeClock();
  const server = new Server({ ...quiet, clock, startTimeoutMs: 1_000 }).addService(
    recordingService("late", [], { start: () => new Promise(() => {}) }),
  );
  const started = server.start();
  const rejected = assertRejects(
    () => started,
    ServiceError,
    '"late": it has not said ready within',
  );
  await clock.advanceAsync(1_000);
  await rejected;
});

Deno.test("Server.start() rejects when it is called twice or the server is stopped meanwhile", async () => {
  const server = new Server(quiet).addService(
    recordingService("late", [], { start: () => new Promise(() => {}) }),
  );
  const started = server.start();
  const rejected = assertRejects(() => started, Error, "Cannot start server: it is stopping");
  await assertRejects(() => server.start(), Error, "Cannot start server: it is starting");
  assertEquals(await server.stop(), { exitCode: 0, problems: [] });
  await rejected;
  await assertRejects(() => server.whenReady(), Error, "it is stopping");
});

Deno.test("Server stops with exit code 1 when a service fails after its start", async () => {
  const logger = recordingLogger();
  const steps: string[] = [];
  let fail: (error: unknown) => void = () => {};
  const server = new Server({ logger }).addServices([
    recordingService("a", steps),
    recordingService("b", steps, { start: (context) => void (fail = context.fail) }),
  ]);
  await server.start();
  fail(new Error("broken"));
  assertEquals(server.isReady, false);
  const problem = 'Service "b" failed: broken';
  assertEquals(await server.whenStopped(), { exitCode: 1, problems: [problem] });
  assertEquals(steps.filter((step) => step.endsWith("has stopped")).length, 2);
  assertEquals(logger.lines, ["info ready", "info stopping", `error ${problem}`, "info stopped"]);
});

Deno.test("Server.start() fails when a service fails while others start", async () => {
  const server = new Server(quiet).addServices([
    recordingService("waits", [], { start: () => new Promise(() => {}) }),
    recordingService("breaks", [], { start: ({ fail }) => queueMicrotask(() => fail("oh")) }),
  ]);
  const error = await assertRejects(() => server.start(), ServiceError, '"breaks": oh');
  assertEquals((await server.whenStopped()).problems, [error.message]);
});

Deno.test("Server.stop() tells at the deadline what was cut, and goes on with the rest", async () => {
  const clock = new FakeClock();
  const steps: string[] = [];
  const server = new Server({ ...quiet, clock, deadlineMs: 1_000 }).addServices([
    recordingService("base", steps),
    recordingService("busy", steps, {
      dependsOn: ["base"],
      stop: ({ signal }) =>
        new Promise((resolve) => signal.addEventListener("abort", () => resolve({ cut: 3 }))),
    }),
    recordingService("stuck", steps, {
      dependsOn: ["base"],
      stop: () => new Promise(() => {}),
    }),
    recordingService("broken", steps, { stop: () => Promise.reject(new Error("oh")) }),
  ]);
  await server.start();
  const stopped = server.stop();
  await clock.advanceAsync(999);
  assertEquals(steps.includes("busy has stopped"), false);
  await clock.advanceAsync(1);
  assertEquals(steps.includes("busy has stopped"), true);
  await clock.advanceAsync(2_000);
  assertEquals(await stopped, {
    exitCode: 1,
    problems: [
      'Cannot stop service "broken": oh',
      'Service "busy" had 3 unfinished when the time was over',
      'Cannot stop service "stuck": it does not end',
    ],
  });
  assertEquals(steps.at(-1), "base has stopped");
  assertEquals(clock.timerCount, 0);
});

Deno.test("Server.stop() takes a nearer deadline from a later call", async () => {
  const server = new Server({ ...quiet, drainDelayMs: 60_000 }).addService(
    recordingService("busy", [], {
      stop: ({ signal }) =>
        new Promise((resolve) => {
          if (signal.aborted) resolve({ cut: 1 });
          else signal.addEventListener("abort", () => resolve({ cut: 1 }));
        }),
    }),
  );
  await server.start();
  const patient = server.stop({ deadlineMs: Infinity });
  const report = await server.stop({ deadlineMs: 0 });
  assertEquals(report.exitCode, 1);
  assertEquals(await patient, report);
  assertEquals(await server.stop(), report);
});

Deno.test("Server.stop() does nothing but end when the server was never started", async () => {
  const steps: string[] = [];
  const server = new Server(quiet).addService(recordingService("a", steps));
  assertEquals(await server.stop(), { exitCode: 0, problems: [] });
  assertEquals(steps, []);
  await assertRejects(() => server.start(), Error, "Cannot start server: it is stopped");
});

Deno.test("Server throws RangeError when a time is no duration", async () => {
  for (const name of ["drainDelayMs", "deadlineMs", "startTimeoutMs"]) {
    assertThrows(() => new Server({ ...quiet, [name]: -1 }), RangeError, `Cannot take ${name}`);
  }
  await assertRejects(() => new Server(quiet).stop({ deadlineMs: NaN }), RangeError);
});

Deno.test("Server.runForever() returns 1 and logs one line when a service does not start", async () => {
  const logger = recordingLogger();
  const server = new Server({ logger }).addService(
    recordingService("bad", [], { start: () => Promise.reject(new Error("no luck")) }),
  );
  assertEquals(await server.runForever(), 1);
  assertEquals(logger.lines, ['error Cannot start service "bad": no luck']);
});

Deno.test("Server.runForever() returns 0 when the program stops the server", async () => {
  const server = new Server(quiet).addService(recordingService("a", []));
  await server.start();
  const code = server.runForever();
  await server.stop();
  assertEquals(await code, 0);
});
