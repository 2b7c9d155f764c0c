/**
 * The command line program, and what programs are made of that want to be started like it: the settings
 * that all of them know, start lines, exit codes; an echo server and a demo site.
 *
 * @example A program with a proxy, told by LISTEN, TARGET, CERT, KEY, ACCESS_LOG and ADMIN what to do
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ProxyService } from "@pingo/pingo";
 * import { listenBy, runServer } from "@pingo/pingo/cli";
 *
 * function main(get: (name: string) => string | undefined): Promise<number> {
 *   return runServer(({ settings, upstreams, observers, metrics }) => [
 *     listenBy(settings, new ProxyService("proxy", { upstreams, observers, metrics })),
 *   ], { get });
 * }
 * // Deno.exit(await main((name) => Deno.env.get(name)));
 * assertEquals(await main(() => "no such value"), 2);
 * ```
 *
 * @module
 */
export { main } from "./main.ts";
export { type Io, type Output, systemIo } from "./io.ts";
export { UsageError } from "./usage_error.ts";
export { runServer, type RunServerOptions, type ServerSetup } from "./serve/run_server.ts";
export {
  listenBy,
  type ListeningOptions,
  type ListeningService,
} from "./serve/listening_service.ts";
export {
  type AccessLogChoice,
  readServeSettings,
  type ReadServeSettingsOptions,
  type ServeSettings,
  type ServeTls,
} from "./serve/serve_settings.ts";
export { readBackends, type TargetBackend } from "./serve/read_backends.ts";
export { curlLine, type CurlLineOptions } from "./serve/curl_line.ts";
export { echoHandler } from "./serve/echo_handler.ts";
export { demoHandler } from "./serve/demo_handler.ts";
