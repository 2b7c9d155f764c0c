import type { Exchange, Reply } from "../../core/mod.ts";
import type { ProxyError } from "../../errors/mod.ts";

/** An own answer in the place of the error's page; undefined for the page. */
export type OwnAnswer = Reply | Response | undefined;

/** The one who asks: an own answer to who is turned away, or else the error, thrown. */
export function refuse(
  exchange: Exchange,
  error: ProxyError,
  answer: OwnAnswer | Promise<OwnAnswer>,
): Reply | Response | Promise<Reply | Response> {
  if (answer instanceof Promise) {
    return answer.then((late) => refuse(exchange, error, late));
  }
  if (answer === undefined) throw error;
  // It stands in logs and metrics, whatever the client reads.
  exchange.error ??= error;
  return answer;
}
