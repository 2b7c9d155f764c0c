import {
  accessLog,
  type AnyMiddleware,
  createLogger,
  type Exchange,
  type ExchangeObserver,
  HttpService,
  LineWriter,
  listen,
  type ListenAddress,
  MetricRegistry,
  requestId,
  Server,
} from "../../core/mod.ts";
import { backendsReport, ProxyService } from "../../proxy/service/mod.ts";
import { type Io, systemIo } from "../io.ts";
import { exitCodeOf } from "../usage_error.ts";
import { demoHandler } from "./demo_handler.ts";
import { listenBy, type ListeningService } from "./listening_service.ts";
import { observeService } from "./observe_service.ts";
import { runToEnd } from "./run_to_end.ts";
import {
  readServeSettings,
  type ReadServeSettingsOptions,
  type ServeSettings,
} from "./serve_settings.ts";
import { startLines } from "./start_lines.ts";

/** What a program makes its services of. */
export interface ServerSetup {
  /** What the environment says. */
  readonly settings: ServeSettings;
  /** The servers that TARGET names; a demo site where it names none. */
  readonly upstreams: readonly string[];
  /** The access log, where ACCESS_LOG asks for one. */
  readonly observers: readonly ExchangeObserver[];
  /** Gives each request the id that stands in the log, where there is one. */
  readonly middleware: readonly AnyMiddleware[];
  /** For the services to count in, where ADMIN says that somebody may look. */
  readonly metrics: MetricRegistry | undefined;
  /** Both for an `HttpService` of this name, as its `onExchange`. */
  readonly observe: (service: string) => (exchange: Exchange) => void;
}

/** Options of {@linkcode runServer}: the defaults of its settings, and where it runs. */
export interface RunServerOptions extends ReadServeSettingsOptions {
  /**
   * The world outside.
   *
   * @default {systemIo()}
   */
  readonly io?: Io;
  /**
   * Gives the value of LISTEN and its like.
   *
   * @default {io.env}
   */
  readonly get?: (name: string) => string | undefined;
  /**
   * Whether it has upstreams: those of TARGET, or the demo site.
   *
   * @default {true}
   */
  readonly hasUpstreams?: boolean;
}

/**
 * Runs services in one `Server` until SIGTERM or SIGINT, as every program of this toolkit does it: reads
 * LISTEN, TARGET, CERT, KEY, ACCESS_LOG and ADMIN, tells in a few lines what runs where, writes the access
 * log to standard output, and tells in one line what went wrong.
 *
 * @param build makes the services; the first one is shown with a line to try it
 * @returns the exit code: 0 for a clean stop, 1 when something failed (the port is taken, the time to
 * stop was over), 2 when a setting makes no sense
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { ProxyService } from "@pingo/pingo";
 * import { listenBy, runServer, systemIo } from "@pingo/pingo/cli";
 *
 * // A program needs no `io`, and says: Deno.exit(await runServer(…));
 * const stop = new AbortController();
 * const stderr = {
 *   isTerminal: () => false,
 *   write(bytes: Uint8Array): number {
 *     stop.abort(); // It runs: these are the lines that tell where.
 *     return bytes.byteLength;
 *   },
 * };
 * const env = (name: string) => name === "LISTEN" ? "127.0.0.1:0" : undefined;
 * const exitCode = await runServer(({ settings, upstreams }) => [
 *   listenBy(settings, new ProxyService("proxy", { upstreams })),
 * ], { io: { ...systemIo(), env, stderr, signal: stop.signal } });
 * assertEquals(exitCode, 0);
 * ```
 */
export async function runServer(
  build: (setup: ServerSetup) => readonly ListeningService[] | Promise<readonly ListeningService[]>,
  options: RunServerOptions = {},
): Promise<number> {
  const { io = systemIo(), get = io.env, hasUpstreams = true } = options;
  return await exitCodeOf(io.stderr, async () => {
    const settings = await readServeSettings(get, options);
    await using messages = new LineWriter(io.stderr, { flushIntervalMs: 0 });
    let isLogLost = false;
    await using log = new LineWriter(io.stdout, {
      onError: (error) => {
        if (!isLogLost) messages.write(`Cannot write the access log: ${error}`);
        isLogLost = true;
      },
    });
    await using demo = hasUpstreams && settings.targets.length === 0
      ? await listen({ address: "127.0.0.1:0" }, demoHandler())
      : null;
    const { accessLog: format, admin } = settings;
    const metrics = admin === undefined ? undefined : new MetricRegistry();
    const observers = format === "off" ? [] : [accessLog(log, { format })];
    const services = [
      ...await build({
        settings,
        upstreams: demo === null ? settings.targets : [demo.url],
        observers,
        middleware: format === "off" ? [] : [requestId()],
        metrics,
        observe: (service) => observeService(service, { observers, metrics }),
      }),
    ];
    let isUp = false;
    const server = new Server({
      clock: io.clock,
      logger: createLogger({
        color: io.stderr.isTerminal(),
        clock: io.clock,
        // The start lines tell what it would say until then.
        sink: { write: (line) => isUp && messages.write(line) },
      }),
    });
    if (metrics !== undefined && admin !== undefined) {
      services.push(await adminService(server, { admin, metrics, services: [...services] }));
    }
    server.addServices(services);
    return await runToEnd(server, io, () => {
      for (const line of startLines({ services, settings, hasUpstreams })) messages.write(line);
      isUp = true;
    });
  });
}

/** Of what {@linkcode adminService} tells. */
interface AdminOptions {
  readonly admin: ListenAddress;
  readonly metrics: MetricRegistry;
  readonly services: readonly ListeningService[];
}

async function adminService(
  server: Server,
  { admin, metrics, services }: AdminOptions,
): Promise<ListeningService> {
  // Half of what the program takes to load, and seldom asked for.
  const { adminHandler } = await import("../../core/prometheus/mod.ts");
  const proxies = services.filter((service) => service instanceof ProxyService);
  const handler = adminHandler({
    registry: metrics,
    isReady: () => server.isReady,
    documents: proxies.length === 0
      ? {}
      : { "/backends": () => ({ services: backendsReport(proxies) }) },
  });
  return listenBy(
    { listen: admin, tls: undefined, reusePort: false },
    new HttpService("admin", handler),
  );
}
