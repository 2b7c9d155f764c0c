/**
 * A proxy that keeps what goes wrong behind it from its clients, and from becoming more.
 *
 *     TARGETS=127.0.0.1:3001,127.0.0.1:3002,127.0.0.1:3003 deno run -A examples/resilience.ts
 *
 * TARGETS        servers with commas between them, `host:port` or `host:port=weight`; without it a demo site
 * HEAD_MS        how long a server may take until its answer begins, 1000 unless it is set: then another one
 *                is asked
 * HEDGE_MS       how long until a second server is asked for the same, of which the first answer is taken, for at
 *                most one in twenty requests and one a second; off unless it is set
 * MAX_IN_FLIGHT  more requests than so many at once are turned away with 503, 1000 unless it is set
 * MAX_LAG_MS     when timers are late by so much, this process has more to do than it can, and turns requests
 *                away with 503; 250 unless it is set
 * INTERVAL_MS    the pause between two checks of a server, 1000 unless it is set
 * LISTEN, CERT, KEY, ACCESS_LOG, ADMIN  as in proxy.ts
 *
 * Only requests that may arrive twice (GET, HEAD, PUT, DELETE, OPTIONS) are sent again where the first server
 * may have done something. Who has requests that rightly take longer than HEAD_MS sets it higher: otherwise
 * they are sent to several servers, and fail.
 *
 * @module
 */
import { ProxyService, RetryBudget } from "@pingo/pingo";
import { listenBy, readBackends, runServer, UsageError } from "@pingo/pingo/cli";
import { concurrencyLimit, EventLoopLag, loadShed } from "@pingo/pingo/limits/http";

const env = (name: string): string | undefined => Deno.env.get(name) || undefined;
const hedgeMs = env("HEDGE_MS");
const targets = () => readBackends(env("TARGETS"));

Deno.exit(
  await runServer(({ settings, upstreams, observers, middleware, metrics }) => {
    try {
      const proxy = new ProxyService("proxy", {
        upstreams: targets().length > 0 ? targets() : upstreams,
        loadBalancingMethod: "least_conn",

        // Another server is asked when one does not answer well: at most three more, and in all at most a
        // fifth more requests (and 10 a second), so that servers in trouble are not asked even more.
        timeouts: { connectMs: 1_000, headMs: Number(env("HEAD_MS") ?? 1_000) },
        retry: {
          maxAttempts: 4,
          statuses: [500, 502, 503, 504],
          failures: ["connection_reset", "upstream_timeout", "upstream_write_failed"],
          budget: new RetryBudget(),
        },

        // One slow answer among many is not waited for.
        hedge: hedgeMs === undefined ? null : { delayMs: Number(hedgeMs) },

        // Who is not well is not asked: because it takes no connections, because it fails again and again
        // (its circuit is open, one request every two seconds tries whether it is well), or because it does
        // worse than the others. Who has recovered gets its share little by little.
        healthCheckInterval: Number(env("INTERVAL_MS") ?? 1_000),
        hostBreaker: { openMs: 2_000 },
        outlierEjection: { maxEjectionPercent: 50 },
        slowStart: { windowMs: 10_000 },

        // What is more than this process can do is turned away before it costs anything.
        middleware: [
          ...middleware,
          loadShed({
            lag: new EventLoopLag(),
            maxLagMs: Number(env("MAX_LAG_MS") ?? 250),
            metrics,
          }),
          concurrencyLimit({ limit: Number(env("MAX_IN_FLIGHT") ?? 1_000), metrics }),
        ],
        observers,
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
