import { requestHead, type RequestHeadInit, ServerExchange } from "@pingo/pingo/core";
import type { AttemptOutcome, Client, Selection } from "@pingo/pingo/core";
import { type ErrorKind, ProxyError } from "@pingo/pingo/errors";
import { type Clock, FakeClock, type Random } from "@pingo/pingo/timeout";

/** A candidate of a test: plain data. */
export interface Server {
  readonly id: string;
  weight: number;
  leases: number;
}

/** Candidates `a`, `b`, … of these weights. */
export function servers(...weights: number[]): Server[] {
  return weights.map((weight, i) => ({ id: String.fromCharCode(97 + i), weight, leases: 0 }));
}

/** How often each of the candidates was picked. */
export function count<T extends string>(picks: Iterable<T | undefined>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const pick of picks) counts[pick ?? "nobody"] = (counts[pick ?? "nobody"] ?? 0) + 1;
  return counts;
}

/** Chance that comes out the same for the same seed (mulberry32). */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What {@linkcode exchange} takes. */
export interface ExchangeInit extends RequestHeadInit {
  readonly address?: string;
  readonly clock?: Clock;
}

/** An exchange without a connection. */
export function exchange(init: ExchangeInit = {}): ServerExchange {
  const { address = "192.0.2.1", clock = new FakeClock(), ...head } = init;
  const client: Client = { address, port: 4711, transport: "tcp", scheme: "http" };
  return new ServerExchange(requestHead(head), { client, clock });
}

/** How an attempt ended: with a status, or for a reason. */
export function outcome(end: number | ErrorKind, durationMs = 1): AttemptOutcome {
  return typeof end === "number"
    ? { status: end, error: null, durationMs }
    : { status: null, error: new ProxyError(end), durationMs };
}

/** Ends the attempt of a selection well. */
export function settle(selection: Selection, end: number | ErrorKind = 200): void {
  selection.settle?.(outcome(end));
}

/** The messages of what listeners threw while some work was done, which is rethrown apart. */
export async function rethrown(work: () => unknown): Promise<string[]> {
  const messages: string[] = [];
  const onError = (event: ErrorEvent): void => {
    event.preventDefault();
    messages.push(event.error.message);
  };
  globalThis.addEventListener("error", onError);
  try {
    await work();
    await Promise.resolve();
  } finally {
    globalThis.removeEventListener("error", onError);
  }
  return messages;
}
