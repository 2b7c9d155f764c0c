import { errorReply, type ExchangeEnd, type Handler } from "../../../../core/mod.ts";
import {
  checkServerLimits,
  ServerConnection,
  type ServerLimits,
} from "../../../../core/http1/server/mod.ts";
import { TimerWheel } from "../../../../timeout/mod.ts";

/** A handler behind server connections on a real socket. */
export interface WireServer extends AsyncDisposable {
  readonly port: number;
  readonly ends: ExchangeEnd[];
  readonly connections: ReadonlySet<ServerConnection>;
  readonly wheel: TimerWheel;
  /** Resolves when so many exchanges have ended. */
  ended(count: number): Promise<void>;
  /** Resolves when no connection is left. */
  quiet(): Promise<void>;
}

export function serveWire(handler: Handler, limits: ServerLimits = {}): WireServer {
  const wheel = new TimerWheel({ resolutionMs: 10 });
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<ServerConnection>();
  const runs = new Set<Promise<void>>();
  const ends: ExchangeEnd[] = [];
  let waiting: { count: number; resolve: () => void }[] = [];
  const options = {
    handler,
    wheel,
    limits: checkServerLimits(limits),
    errorReply,
    onExchange: (exchange: { onEnd(fn: (end: ExchangeEnd) => void): void }) =>
      exchange.onEnd((end) => {
        ends.push(end);
        for (const one of waiting) if (ends.length >= one.count) one.resolve();
        waiting = waiting.filter((one) => ends.length < one.count);
      }),
  };
  const accepting = (async () => {
    for await (const conn of listener) {
      const { hostname, port } = conn.remoteAddr;
      const client = { address: hostname, port, transport: "tcp", scheme: "http" } as const;
      const connection = new ServerConnection(conn, client, options);
      connections.add(connection);
      const run = connection.run().finally(() => {
        connections.delete(connection);
        runs.delete(run);
      });
      runs.add(run);
    }
  })();
  const quiet = async () => {
    while (runs.size > 0) await Promise.all(runs);
  };
  return {
    port: listener.addr.port,
    ends,
    connections,
    wheel,
    ended: (count) =>
      new Promise((resolve) => {
        if (ends.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    quiet,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      for (const connection of connections) connection.close();
      await quiet();
      wheel[Symbol.dispose]();
    },
  };
}
