import type { Exchange, Gauge } from "../../core/mod.ts";
import type { ConcurrencyGate } from "../mod.ts";

/** Gives the place of an exchange back when it has ended, with how long the answer took. */
export function leaveAtEnd(gate: ConcurrencyGate, exchange: Exchange, inFlight?: Gauge): void {
  inFlight?.add(1);
  exchange.onEnd(({ error, status, durationMs }) => {
    inFlight?.add(-1);
    // To the head: how fast the client reads the rest says nothing about the load. What failed may have
    // failed at once, and says nothing either.
    const { start, responseHead } = exchange.timings;
    const isSample = error === null && status < 500 && responseHead >= 0;
    if (isSample) gate.leave(responseHead - start, durationMs);
    else gate.leave();
  });
}
