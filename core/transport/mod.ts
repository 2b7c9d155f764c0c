/**
 * Transports: what carries an exchange to an upstream.
 *
 * @module
 */
export type {
  ConnectionInfo,
  Transport,
  TransportObserver,
  TransportOptions,
} from "./transport.ts";
export { fetchTransport, type FetchTransportOptions } from "./fetch_transport.ts";
export { memoryTransport, type MemoryTransportOptions } from "./memory_transport.ts";
export {
  type Http1Statistics,
  type Http1Transport,
  http1Transport,
  type Http1TransportOptions,
} from "./http1_transport.ts";
export {
  AddressCache,
  type AddressCacheOptions,
  connectTcp,
  type Dial,
  type Dialled,
  type DialOptions,
  isPublicAddress,
  type Resolver,
  systemDial,
  type SystemDialOptions,
  systemResolver,
  type SystemResolverOptions,
} from "./dial/mod.ts";
