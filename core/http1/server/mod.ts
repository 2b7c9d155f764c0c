/**
 * The server side of the HTTP/1.1 engine.
 *
 * @module
 */
export { type CheckedServerLimits, checkServerLimits, type ServerLimits } from "./server_limits.ts";
export { RequestTurns, type RequestTurnsOptions, type TurnTaker } from "./request_turns.ts";
export { ServerConnection } from "./server_connection.ts";
export type { ServerConnectionOptions } from "./server_connection_options.ts";
