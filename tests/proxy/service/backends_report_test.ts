import { assert, assertEquals } from "@std/assert";
import { listen, reply } from "../../../core/mod.ts";
import { BackendSet } from "../../../loadbalancing/mod.ts";
import { backendsReport, ProxyService } from "../../../proxy/service/mod.ts";
import { deadAddress } from "../../support/ports.ts";
import { startService } from "./_service.ts";

async function ask(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}

Deno.test("backendsReport() joins what balancer, checks, ejection and circuits know of a backend", async () => {
  await using well = await listen({ address: "127.0.0.1:0" }, () => reply(200, "well"));
  await using ill = await listen({ address: "127.0.0.1:0" }, () => reply(500, "ill"));
  const dead = deadAddress();
  await using running = await startService({
    upstreams: [
      { peer: well.url, id: "well", weight: 2, zone: "west", maxConnections: 9 },
      { peer: ill.url, id: "ill" },
      { peer: dead, id: "dead", priority: 1 },
    ],
    healthCheckInterval: 60_000,
    outlierEjection: { consecutive5xx: 1 },
    hostBreaker: true,
  });
  const { service } = running;
  for (let i = 0; i < 4; i++) await ask(running.url);
  await running.whenEnded(4);
  service.backends.get("well")?.drain();

  const [report, ...others] = backendsReport([service]);
  assertEquals([report.service, report.discovery, others], ["test", null, []]);
  assertEquals(report.tiers.map(({ priority }) => priority), [0, 1]);
  const [a, b, c] = report.backends;
  assertEquals(
    [a.id, a.weight, a.zone, a.maxConnections, a.state],
    ["well", 2, "west", 9, "draining"],
  );
  assert(a.statistics.succeeded > 0);
  assertEquals([a.leases, a.outlier?.ejections, a.circuit], [0, 0, "closed"]);
  assertEquals([b.isEjected, b.outlier?.ejections, b.statistics.failed], [true, 1, 1]);
  assert((b.outlier?.returnsInMs ?? 0) > 0);
  assertEquals([c.priority, c.isHealthy, c.health?.checks, c.health?.failures], [1, false, 1, 1]);
  assert(c.health?.lastReason?.includes("refused"), String(c.health?.lastReason));
  // It is plain data, to the last field.
  assertEquals(JSON.parse(JSON.stringify(report)), report);
});

Deno.test("backendsReport() counts leases while an attempt is under way, also of a backend that left", async () => {
  const arrived = Promise.withResolvers<void>();
  const leave = Promise.withResolvers<void>();
  await using upstream = await listen({ address: "127.0.0.1:0" }, async () => {
    arrived.resolve();
    await leave.promise;
    return reply(200);
  });
  const upstreams = new BackendSet([upstream.url]);
  await using running = await startService({ upstreams });
  const leases = () => backendsReport([running.service])[0].backends.map(({ leases }) => leases);
  assertEquals(leases(), [0]);
  const answer = ask(running.url);
  await arrived.promise;
  assertEquals(leases(), [1]);
  upstreams.update([{ peer: deadAddress() }]);
  assertEquals(leases(), [0, 1]);
  leave.resolve();
  assertEquals(await answer, 200);
  await running.whenEnded(1);
  assertEquals(leases(), [0]);
});

Deno.test("backendsReport() says null for what is off, and tells of services in their order", () => {
  const services = ["one", "two"].map((name) => {
    return new ProxyService(name, { upstreams: ["10.0.0.1:80"] });
  });
  const reports = backendsReport(services);
  assertEquals(reports.map(({ service }) => service), ["one", "two"]);
  const [{ health, outlier, circuit, maxConnections }] = reports[0].backends;
  assertEquals([health, outlier, circuit, maxConnections], [null, null, null, null]);
});

Deno.test("backendsReport() has no secret of TLS, of a cookie or of a URL in it", () => {
  const service = new ProxyService("secret", {
    upstreams: [{
      peer: {
        hostname: "10.0.0.1",
        port: 443,
        transport: "tcp",
        scheme: "https",
        tls: { cert: "hush", key: "hush" },
      },
    }],
    sticky: { secret: "hush hush hush hush hush hush hush" },
  });
  assertEquals(JSON.stringify(backendsReport([service])).includes("hush"), false);
});
