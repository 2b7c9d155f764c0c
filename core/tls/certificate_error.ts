/**
 * A certificate or its key cannot be used. It is found when they are loaded, not when a client comes, and
 * no client ever sees it.
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { CertificateError, readCertificate } from "@pingo/pingo/core";
 *
 * assertThrows(() => readCertificate({ cert: "", key: "" }), CertificateError, "no PEM certificate");
 * ```
 */
export class CertificateError extends Error {
  /** The name of the class. */
  override readonly name = "CertificateError";

  /** An error about what `subject` names, such as a file. */
  constructor(subject: string, state: string, options?: ErrorOptions) {
    super(`Cannot use ${subject}: ${state}`, options);
  }
}
