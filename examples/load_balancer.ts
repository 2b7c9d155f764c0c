/**
 * A load balancer.
 *
 *     TARGETS=127.0.0.1:3001,127.0.0.1:3002=2 deno run -A examples/load_balancer.ts
 *     TARGETS=10.0.0.1:80,10.0.0.2:80 METHOD=ketama HEALTH_PATH=/healthz deno run -A examples/load_balancer.ts
 *
 * TARGETS      servers with commas between them, `host:port` or `host:port=weight`; without it a demo site
 * METHOD       round_robin (the default), random, least_conn, p2c, ewma, ketama or maglev; the last two
 *              keep a client at its server
 * HEALTH_PATH  what each server is asked for to know whether it is well; without it, whether it takes
 *              connections
 * INTERVAL_MS  the pause between two of these checks, 5000 unless it is set
 * LISTEN, CERT, KEY, ACCESS_LOG, ADMIN  as in proxy.ts
 *
 * @module
 */
import { ProxyService } from "@pingo/pingo";
import { listenBy, readBackends, runServer, UsageError } from "@pingo/pingo/cli";
import { balancingMethod, httpCheck } from "@pingo/pingo/loadbalancing";

const env = (name: string): string | undefined => Deno.env.get(name) || undefined;
const targets = () => readBackends(env("TARGETS"));
const path = env("HEALTH_PATH");

Deno.exit(
  await runServer(({ settings, upstreams, observers, middleware, metrics }) => {
    try {
      const proxy = new ProxyService("proxy", {
        upstreams: targets().length > 0 ? targets() : upstreams,
        loadBalancingMethod: balancingMethod(env("METHOD") ?? "round_robin").name,
        healthCheckInterval: Number(env("INTERVAL_MS") ?? 5_000),
        healthCheck: path === undefined ? {} : { check: httpCheck({ path }) },
        observers,
        middleware,
        metrics,
      });
      return [listenBy(settings, proxy)];
    } catch (error) {
      throw new UsageError(error instanceof Error ? error.message : String(error));
    }
  }, {
    get: (name) => name === "TARGET" ? targets().map(({ peer }) => peer).join() : env(name),
  }),
);
