/**
 * The core: the message model.
 *
 * @module
 */
export * from "./http/mod.ts";
