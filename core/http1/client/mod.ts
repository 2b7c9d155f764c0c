/**
 * The client side of the HTTP/1.1 engine: exchanges over one connection. Pools, dialling and DNS lie in
 * core/transport.
 *
 * @module
 */
export { ClientContext, type ClientContextOptions } from "./client_context.ts";
export { ClientConnection } from "./client_connection.ts";
export type { ClientExchangeOptions } from "./client_exchange_options.ts";
export type { ConnectionEnd, ConnectionOwner } from "./connection_owner.ts";
export { giveUp } from "./give_up.ts";
export { tunnelOver } from "./tunnel_over.ts";
