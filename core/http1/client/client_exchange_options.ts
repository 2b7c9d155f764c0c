import type { Cancel, ResponseHead } from "../../http/mod.ts";

/** What an exchange over a connection is told beside the request. */
export interface ClientExchangeOptions {
  /** Gives the exchange up: the connection is closed. */
  readonly cancel: Cancel;
  /** How long the response head may take after the last piece of the request was sent. */
  readonly headTimeoutMs?: number;
  /** How long each read of the response's content may take. */
  readonly bodyTimeoutMs?: number;
  /** Sees each interim response but 100; its head is valid during the call. */
  readonly observer?: { informed?(head: ResponseHead): void };
}
