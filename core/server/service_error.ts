/**
 * A service did not start. The message names it and tells why in one line, for an operator.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ServiceError } from "@pingo/pingo/core";
 *
 * const error = new ServiceError("api", new Error("Cannot listen on [::]:8080: the port is taken"));
 * assertEquals(
 *   error.message,
 *   'Cannot start service "api": Cannot listen on [::]:8080: the port is taken',
 * );
 * ```
 */
export class ServiceError extends Error {
  /** The name of the class. */
  override readonly name = "ServiceError";
  /** The name of the service. */
  readonly service: string;

  /** An error for a service, with what it threw as its cause. */
  constructor(service: string, cause: unknown) {
    const state = cause instanceof Error ? cause.message : String(cause);
    super(`Cannot start service ${JSON.stringify(service)}: ${state}`, { cause });
    this.service = service;
  }
}
