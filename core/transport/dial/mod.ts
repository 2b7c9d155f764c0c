/**
 * Connecting to peers: names, addresses, TCP, unix sockets and TLS.
 *
 * @module
 */
export type { Resolver } from "./resolver.ts";
export { systemResolver, type SystemResolverOptions } from "./system_resolver.ts";
export { isPublicAddress } from "./public_address.ts";
export { connectTcp } from "./connect_tcp.ts";
export { AddressCache, type AddressCacheOptions } from "./address_cache.ts";
export {
  type Dial,
  type Dialled,
  type DialOptions,
  systemDial,
  type SystemDialOptions,
} from "./dial.ts";
