/**
 * Transports: what carries an exchange to an upstream.
 *
 * @module
 */
export type { ConnectionInfo, Transport, TransportOptions } from "./transport.ts";
export { fetchTransport, type FetchTransportOptions } from "./fetch_transport.ts";
export { memoryTransport, type MemoryTransportOptions } from "./memory_transport.ts";
