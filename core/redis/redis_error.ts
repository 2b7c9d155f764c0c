/**
 * A command that failed. It is for logs and for the code that asked: no client of a proxy ever sees one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { RedisError } from "@pingo/pingo/core";
 *
 * const reply = "NOSCRIPT No matching script. Please use EVAL.";
 * assertEquals(RedisError.ofReply(reply).code, "NOSCRIPT");
 * ```
 */
export class RedisError extends Error {
  /**
   * The first word of the server's reply, such as `NOSCRIPT`, `OOM`, `READONLY` or `ERR`; `DISCONNECTED` where there
   * is no connection, or it ended before the reply.
   */
  readonly code: string;

  /** An error of a code. */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = "RedisError";
  }

  /** The error that an error reply of the protocol tells. */
  static ofReply(reply: string, options?: ErrorOptions): RedisError {
    return new RedisError(/^[A-Z]+(?= |$)/.exec(reply)?.[0] ?? "ERR", reply, options);
  }
}
