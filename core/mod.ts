/**
 * The core: the message model.
 *
 * @module
 */
export * from "./http/mod.ts";
export * from "./http1/mod.ts";
export * from "./proxy_protocol/mod.ts";
export * from "./transport/mod.ts";
export * from "./telemetry/mod.ts";
export * from "./listen/mod.ts";
export * from "./server/mod.ts";
