import {
  type Client,
  type Handler,
  type MetricRegistry,
  type Reply,
  requestHead,
  type RequestHeadInit,
  responseHead,
  ServerExchange,
  toReply,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { type Clock, FakeClock } from "../../../timeout/mod.ts";

export interface MakeOptions extends RequestHeadInit {
  readonly address?: string;
  readonly clock?: Clock;
  readonly onListenerError?: (error: unknown) => void;
}

/** An exchange that no engine stands behind. */
export function makeExchange(options: MakeOptions = {}): ServerExchange {
  const { address = "192.0.2.7", clock = new FakeClock(), onListenerError, ...head } = options;
  const client: Client = { address, port: 4711, transport: "tcp", scheme: "http" };
  return new ServerExchange(requestHead(head), { client, clock, onListenerError });
}

/** What a handler gives, or the error that it throws. */
export async function outcomeOf(
  handler: Handler,
  exchange: ServerExchange,
): Promise<Reply | ProxyError> {
  try {
    return toReply(await handler(exchange));
  } catch (error) {
    if (error instanceof ProxyError) return error;
    throw error;
  }
}

/** The status of what a handler gives, an error's too; the exchange goes on. */
export async function statusOf(handler: Handler, exchange: ServerExchange): Promise<number> {
  return (await outcomeOf(handler, exchange)).status;
}

/** Ends an exchange as an engine does. */
export function finish(
  exchange: ServerExchange,
  status: number,
  error: ProxyError | null = null,
): void {
  exchange.begin(responseHead(status));
  exchange.end(error, 0);
}

/** The series of a metric as `label,label` → number. */
export function numbers(registry: MetricRegistry, name: string): Record<string, number> {
  const metric = registry.snapshot().find((each) => each.name === name);
  if (metric === undefined || metric.kind === "histogram") throw new Error(`There is no ${name}`);
  return Object.fromEntries(
    metric.series.map(({ labels, value }) => [Object.values(labels).join(), value]),
  );
}
