/**
 * The HTTP/1.1 engine: codec, server side and client side.
 *
 * @module
 */
export { type Duplex, writeAll } from "./duplex.ts";
export * from "./codec/mod.ts";
export * from "./server/mod.ts";
export { tunnelOver } from "./client/mod.ts";
