/**
 * One server with three services: a proxy for an API, static files, metrics and probes. All start and
 * stop together, and /readyz tells when all are ready.
 *
 *     deno run -A examples/multi_service.ts
 *     TARGET=127.0.0.1:3000 FILES_LISTEN=:3001 deno run -A examples/multi_service.ts
 *
 * LISTEN, TARGET, CERT, KEY, ACCESS_LOG  as in proxy.ts
 * ADMIN                                  `127.0.0.1:9901` unless it is set
 * FILES_LISTEN, FILES_CERT, FILES_KEY    the same for the files; `:8081` unless it is set
 *
 * @module
 */
import { fromFetch, HttpService, ProxyService } from "@pingo/pingo";
import { listenBy, readServeSettings, runServer } from "@pingo/pingo/cli";
import { serveDir } from "@std/http/file-server";

const files = fromFetch((request) =>
  serveDir(request, { fsRoot: `${import.meta.dirname}/public`, quiet: true })
);

Deno.exit(
  await runServer(async ({ settings, upstreams, observers, middleware, metrics, observe }) => [
    listenBy(settings, new ProxyService("api", { upstreams, observers, middleware, metrics })),
    listenBy(
      await readServeSettings((name) => Deno.env.get(`FILES_${name}`), { listen: ":8081" }),
      new HttpService("files", files, { onExchange: observe("files") }),
    ),
  ], { admin: "127.0.0.1:9901" }),
);
