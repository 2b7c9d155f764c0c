import {
  createLogger,
  type ExchangeEnd,
  type ListenEngine,
  MetricRegistry,
  Server,
} from "../../../core/mod.ts";
import { ProxyService, type ProxyServiceConfig } from "../../../proxy/service/mod.ts";

/** A service of a running server, and what is to be seen of it from outside. */
export interface RunningService extends AsyncDisposable {
  readonly service: ProxyService;
  readonly server: Server;
  readonly port: number;
  readonly url: string;
  /** How every exchange ended, in order. */
  readonly ends: readonly ExchangeEnd[];
  /** What the server logged. */
  readonly log: readonly string[];
  /** Resolves when so many exchanges have ended. */
  whenEnded(count: number): Promise<void>;
  /** The value of a gauge or counter, over all its series. */
  metric(name: string): number;
}

/** Starts a service on a free port of loopback. */
export async function startService(
  config: ProxyServiceConfig,
  options: { readonly engine?: ListenEngine } = {},
): Promise<RunningService> {
  const { engine = "auto" } = options;
  const ends: ExchangeEnd[] = [];
  const log: string[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const registry = new MetricRegistry();
  const service = new ProxyService("test", {
    metrics: registry,
    ...config,
    filters: [...(config.filters ?? []), {
      finished(_exchange, end): void {
        ends.push(end);
        for (const { count, resolve } of waiting) if (ends.length >= count) resolve();
      },
    }],
  });
  service.addTcp("127.0.0.1:0", {
    engine,
    ...(engine === "wire" && { limits: { halfClosedGraceMs: 20 } }),
  });
  const server = new Server({
    logger: createLogger({ sink: { write: (line) => log.push(line) } }),
  });
  await server.addService(service).start();
  const [listener] = service.listeners;
  if (listener.address.transport !== "tcp") throw new Error("Cannot test: no port");
  return {
    service,
    server,
    port: listener.address.port,
    url: listener.url,
    ends,
    log,
    whenEnded: (count) =>
      new Promise((resolve) => {
        if (ends.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    metric(name) {
      const metric = registry.snapshot().find((each) => each.name === name);
      if (metric === undefined || metric.kind === "histogram") {
        throw new Error(`Cannot find the number ${name}`);
      }
      return metric.series.reduce((sum, { value }) => sum + value, 0);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
    },
  };
}
