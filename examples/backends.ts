/**
 * A proxy that finds its backends in a file or in DNS, asks them whether they are well, and keeps traffic from
 * those that answer with errors.
 *
 *     BACKENDS=backends.yaml deno run -A examples/backends.ts
 *     SRV=_http._tcp.app.example DNS=127.0.0.1:5353 HEALTH_PATH=/healthz deno run -A examples/backends.ts
 *
 * BACKENDS     a file such as `backends: [127.0.0.1:3001, { peer: 127.0.0.1:3002, weight: 2 }]`, watched
 * SRV          instead of it, the name of SRV records
 * DNS          the server that is asked for them, `address:port`; the system's unless it is set
 * LISTEN       where it listens, `:8080` unless it is set
 * HEALTH_PATH  what is asked of each backend, `/` unless it is set
 * INTERVAL_MS  the pause between two checks of a backend, 5000 unless it is set
 *
 * @module
 */
import { createLogger, HttpProxy, HttpService, Server } from "@pingo/pingo";
import {
  BackendSet,
  DiscoveryFeed,
  discoveryService,
  fileDiscovery,
  HealthChecker,
  healthCheckService,
  httpCheck,
  LoadBalancer,
  OutlierDetector,
  srvDiscovery,
  systemNameLookup,
} from "@pingo/pingo/loadbalancing";

const env = (name: string): string | undefined => Deno.env.get(name) || undefined;
const [file, srv, dns] = [env("BACKENDS"), env("SRV"), env("DNS")];
if ((file === undefined) === (srv === undefined)) {
  console.error("Cannot start: set either BACKENDS, a file, or SRV, a name");
  Deno.exit(2);
}
const lookup = systemNameLookup(dns === undefined ? {} : { servers: [dns] });
const source = srv === undefined ? fileDiscovery(file ?? "") : srvDiscovery(srv, { lookup });

const logger = createLogger();
const set = new BackendSet();
const feed = new DiscoveryFeed(set, source, { logger });
const checker = new HealthChecker(set, {
  logger,
  check: httpCheck({ path: env("HEALTH_PATH") ?? "/" }),
  intervalMs: Number(env("INTERVAL_MS") ?? 5_000),
});
const detector = new OutlierDetector(set, { logger });
const balancer = new LoadBalancer({ backends: set, method: "least_conn" });
balancer.onOutcome(detector.report);
detector.start();

const proxy = new HttpProxy({ upstream: balancer });
const front = new HttpService("proxy", proxy.handle, { dependsOn: ["health checks"] });
const server = new Server({ logger }).addServices([
  discoveryService("discovery", feed),
  healthCheckService("health checks", checker, { dependsOn: ["discovery"] }),
  front.addTcp(env("LISTEN") ?? ":8080"),
]);
server.whenReady().then(
  () => console.error(`Try it: curl -i ${front.listeners[0].url}`),
  () => {}, // The server tells why.
);
Deno.exit(await server.runForever());
