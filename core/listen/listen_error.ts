import { formatListenAddress, type ListenAddress } from "./listen_address.ts";

/** Why listening failed, for programs. */
export type ListenErrorCode =
  | "address_in_use"
  | "address_not_available"
  | "name_not_found"
  | "permission_denied"
  | "bad_certificate"
  | "bad_path"
  | "flag_missing"
  | "failed";

/**
 * Listening failed. Its message is one line that tells an operator what to do; it happens at start and
 * never reaches a client, so it is no `ProxyError`.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ListenError, parseListenAddress } from "@pingo/pingo/core";
 *
 * const error = new ListenError("address_in_use", parseListenAddress(":8080"), "the port is taken");
 * assertEquals(error.message, "Cannot listen on [::]:8080: the port is taken");
 * ```
 */
export class ListenError extends Error {
  /** The name of the class. */
  override readonly name = "ListenError";
  /** Why it failed. */
  readonly code: ListenErrorCode;
  /** Where it was to listen. */
  readonly address: ListenAddress;

  /** An error whose message tells the address and the state. */
  constructor(
    code: ListenErrorCode,
    address: ListenAddress,
    state: string,
    options?: ErrorOptions,
  ) {
    super(`Cannot listen on ${formatListenAddress(address)}: ${state}`, options);
    this.code = code;
    this.address = address;
  }
}
