import { CancelSource, type Exchange, type Reply } from "../core/mod.ts";
import { ProxyError } from "../errors/mod.ts";
import type { TimerWheel } from "../timeout/mod.ts";
import { firstAnswer, type Phases } from "./phases.ts";

/** How long a page may take for an exchange that is over; an engine that cuts it gives twice as much. */
const LATE_MS = 500;

/**
 * What the `failed` hooks answer with. Where the exchange was cancelled (a deadline, the server's stop),
 * its own cancellation cannot bound the wait for them: a time does. A client that has left is no reason
 * to wait.
 */
export async function failedAnswer<State>(
  hooks: Phases<State>["failed"],
  exchange: Exchange<State>,
  error: ProxyError,
  wheel: TimerWheel,
): Promise<Reply | null> {
  const { cancel } = exchange;
  if (!cancel.cancelled || ProxyError.from(cancel.reason).kind === "client_gone") {
    return await firstAnswer(hooks, exchange, error);
  }
  const late = new CancelSource();
  const timer = wheel.timer(() => late.cancel(error));
  timer.arm(LATE_MS);
  try {
    return await firstAnswer(hooks, exchange, error, late);
  } finally {
    timer.disarm();
  }
}
