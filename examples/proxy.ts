/**
 * A reverse proxy.
 *
 *     deno run -A examples/proxy.ts
 *     LISTEN=127.0.0.1:8080 TARGET=127.0.0.1:3000 deno run -A examples/proxy.ts
 *     LISTEN=:8443 CERT=cert.pem KEY=key.pem TARGET=https://127.0.0.1:3443 deno run -A examples/proxy.ts
 *
 * LISTEN      where it listens: `:8080` (the default), `127.0.0.1:8080`, `[::1]:8080`, `unix:/run/x.sock`
 * TARGET      where requests go: `host:port` or a URL; without it to a demo site of its own
 * CERT, KEY   PEM files: TLS, HTTP/1.1 and HTTP/2; renewed ones are taken within 10 s, on SIGHUP at once
 * ACCESS_LOG  `off` (the default), `combined` or `json`, to standard output
 * ADMIN       such as `127.0.0.1:9901`: /metrics, /healthz, /readyz and /backends there
 * REUSE_PORT  `on`: several processes may listen there, so that a new one comes before the old one goes
 *
 * @module
 */
import { ProxyService } from "@pingo/pingo";
import { listenBy, runServer } from "@pingo/pingo/cli";

Deno.exit(
  await runServer(({ settings, upstreams, observers, middleware, metrics }) => {
    const proxy = new ProxyService("proxy", {
      upstreams,
      observers,
      middleware,
      metrics,
      // Your part of the proxy goes here, such as
      // filters: [{ response: (_exchange, head) => head.headers.set("x-proxied-by", "me") }],
    });
    return [listenBy(settings, proxy)];
  }),
);
