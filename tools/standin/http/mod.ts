/** Stand-in for `jsr:@std/http`: the part that pinGo uses. */
export * from "./etag.ts";
export * from "./file_server.ts";
export * from "./negotiation.ts";
export * from "./status.ts";
