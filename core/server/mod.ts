/**
 * The process: a {@linkcode Server} of services, with readiness, a stop that loses nothing, and an exit
 * code. What it serves are {@linkcode HttpService}s and {@linkcode backgroundService}s, or any
 * {@linkcode Service}.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createLogger, HttpService, readyz, reply, Server } from "@pingo/pingo/core";
 *
 * const server = new Server({ logger: createLogger({ level: "error" }) });
 * const api = new HttpService("api", () => reply(200, "hello")).addTcp("localhost:0");
 * const admin = new HttpService("admin", readyz(() => server.isReady)).addTcp("localhost:0");
 * await server.addServices([api, admin]).start();
 *
 * const probe = await fetch(admin.listeners[0].url);
 * assertEquals(await probe.text(), "ready\n");
 * assertEquals((await server.stop()).exitCode, 0);
 * ```
 *
 * @module
 */
export type { Service, ServiceContext, ServiceStopOptions, ServiceStopReport } from "./service.ts";
export { ServiceError } from "./service_error.ts";
export type { ServerOptions, ServerStopOptions, ServerStopReport } from "./server_options.ts";
export { Server, type ServerState } from "./server.ts";
export type { HttpTls } from "./http_tls.ts";
export { type HttpListenOptions, HttpService, type HttpServiceOptions } from "./http_service.ts";
export {
  type BackgroundContext,
  type BackgroundRun,
  backgroundService,
  type BackgroundServiceOptions,
} from "./background_service.ts";
export type { RestartOptions } from "./restart_options.ts";
