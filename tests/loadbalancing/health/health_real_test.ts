import { assertEquals } from "@std/assert";
import { createLogger, Server } from "../../../core/mod.ts";
import {
  BackendSet,
  HealthChecker,
  healthCheckService,
  httpCheck,
  OutlierDetector,
} from "../../../loadbalancing/mod.ts";
import { freePort } from "../../support/ports.ts";

/** A server on a port; 0 for any. */
function site(port = 0) {
  return Deno.serve({ hostname: "127.0.0.1", port, onListen() {} }, () => new Response("ok"));
}

Deno.test("healthCheckService() is ready after the first round, and sees a server die and come back", async () => {
  const port = freePort();
  let server = site(port);
  const set = new BackendSet([`127.0.0.1:${port}`, "127.0.0.1:1"]);
  const checker = new HealthChecker(set, {
    check: httpCheck({ path: "/healthz", body: "ok" }),
    intervalMs: 20,
    timeoutMs: 1_000,
  });
  const seen: string[] = [];
  const next = { waits: Promise.withResolvers<void>() };
  checker.onChange(({ id }, isHealthy) => {
    seen.push(`${id === "127.0.0.1:1" ? "dead" : "live"} ${isHealthy}`);
    next.waits.resolve();
    next.waits = Promise.withResolvers();
  });
  await using program = new Server({ logger: createLogger({ level: "error" }) });
  program.addService(healthCheckService("health checks", checker));
  await program.start();
  assertEquals(set.backends.map(({ isHealthy }) => isHealthy), [true, false]);
  let changed = next.waits.promise;
  await server.shutdown();
  await changed;
  changed = next.waits.promise;
  server = site(port);
  await changed;
  assertEquals(seen, ["dead false", "live false", "live true"]);
  await program.stop();
  await server.shutdown();
  assertEquals(checker.snapshot(), []);
});

Deno.test("OutlierDetector and HealthChecker share a BackendSet: a passed check takes an ejection back", async () => {
  await using server = site();
  const set = new BackendSet([`127.0.0.1:${server.addr.port}`]);
  const [backend] = set.backends;
  await using checker = new HealthChecker(set, { check: httpCheck(), intervalMs: 20 });
  using detector = new OutlierDetector(set, { healthChecks: checker });
  const returned = new Promise<void>((resolve) => {
    detector.onDecision(({ action }) => action === "returned" && resolve());
  });
  detector.start();
  for (let n = 0; n < 5; n++) detector.report(backend, { status: 500, error: null, durationMs: 1 });
  assertEquals(backend.isAvailable, false);
  checker.start();
  await returned;
  assertEquals(backend.isAvailable, true);
});

Deno.test("OutlierDetector restores a backend that leaves the set, for when it comes back", () => {
  const set = new BackendSet(["127.0.0.1:1", "127.0.0.1:2"]);
  const [backend] = set.backends;
  using detector = new OutlierDetector(set);
  detector.start();
  for (let n = 0; n < 5; n++) detector.report(backend, { status: 500, error: null, durationMs: 1 });
  assertEquals(backend.isEjected, true);
  set.update([{ peer: "127.0.0.1:2" }]);
  assertEquals(backend.isEjected, false);
});
