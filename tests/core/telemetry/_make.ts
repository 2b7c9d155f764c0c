import {
  type Client,
  type HeaderMapInit,
  type LineSink,
  requestHead,
  type RequestHeadInit,
  responseHead,
  ServerExchange,
} from "../../../core/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";

/** What {@linkcode makeExchange} may be told. */
export interface MakeOptions extends RequestHeadInit {
  readonly clock?: FakeClock;
  readonly client?: Partial<Client>;
}

/** An exchange that no engine stands behind. */
export function makeExchange(options: MakeOptions = {}): ServerExchange {
  const { clock = new FakeClock(), client, ...head } = options;
  return new ServerExchange(requestHead(head), {
    client: { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http", ...client },
    clock,
  });
}

/** Sends a head down and ends. */
export function finish(
  exchange: ServerExchange,
  status: number,
  options: { headers?: HeaderMapInit; sentBytes?: number } = {},
): void {
  exchange.begin(responseHead(status, options.headers ?? []));
  exchange.end(null, options.sentBytes ?? 0);
}

/** A sink that keeps its lines. */
export function makeSink(): LineSink & { readonly lines: string[] } {
  const lines: string[] = [];
  return { lines, write: (line) => void lines.push(line) };
}
