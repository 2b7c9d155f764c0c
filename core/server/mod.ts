/**
 * The process: a {@linkcode Server} of services, with readiness, a stop that loses nothing, and an exit
 * code. What it serves are {@linkcode HttpService}s and {@linkcode backgroundService}s, or any
 * {@linkcode Service}.
 *
 * @module
 */
export type { Service, ServiceContext, ServiceStopOptions, ServiceStopReport } from "./service.ts";
export { ServiceError } from "./service_error.ts";
export type { ServerOptions, ServerStopOptions, ServerStopReport } from "./server_options.ts";
export { Server, type ServerState } from "./server.ts";
export { type HttpListenOptions, HttpService, type HttpServiceOptions } from "./http_service.ts";
export {
  type BackgroundContext,
  type BackgroundRun,
  backgroundService,
  type BackgroundServiceOptions,
} from "./background_service.ts";
export type { RestartOptions } from "./restart_options.ts";
