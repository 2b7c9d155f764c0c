/**
 * The client side of the HTTP/1.1 engine: exchanges over one connection. Pools, dialling and DNS lie in
 * core/transport.
 *
 * @module
 */
export { ClientContext, type ClientContextOptions } from "./client_context.ts";
export {
  ClientConnection,
  type ClientExchangeOptions,
  type ConnectionEnd,
  type ConnectionOwner,
} from "./client_connection.ts";
