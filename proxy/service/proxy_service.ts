import {
  type ExchangeObserver,
  type Handler,
  type HttpListenOptions,
  httpMetrics,
  HttpService,
  type HttpTls,
  type ListenAddress,
  type Listener,
  type Service,
  type ServiceContext,
  type ServiceStopOptions,
  type ServiceStopReport,
} from "../../core/mod.ts";
import type { BackendSet } from "../../loadbalancing/mod.ts";
import { HttpProxy, type HttpProxyOptions } from "../mod.ts";
import { Balancing } from "./_balancing.ts";
import { LateLogger } from "./_late_logger.ts";
import { serviceMetrics } from "./_service_metrics.ts";
import type { BalancingOptions } from "./balancing_options.ts";
import type { BalancingSnapshot } from "./balancing_snapshot.ts";

/** How one of the addresses of a {@linkcode ProxyService} is listened on. */
export type ProxyListenOptions = Omit<HttpListenOptions, "onExchange">;

/** What a {@linkcode ProxyService} is made of: a proxy, and how it chooses among its upstreams. */
export interface ProxyServiceConfig<State = unknown>
  extends Omit<HttpProxyOptions<State>, "upstream" | "random">, BalancingOptions {
  /**
   * See every exchange from its beginning to its end, those too that are refused before any phase runs:
   * an access log.
   *
   * @default {[]}
   */
  observers?: readonly ExchangeObserver[];
  /**
   * Names of services that must be ready before it listens.
   *
   * @default {[]}
   */
  dependsOn?: readonly string[];
}

/**
 * A reverse proxy as a service of a `Server`: upstreams, filters, and the addresses that it listens on.
 *
 * Health checks, outlier ejection and discovery start and stop with it. It is ready when the first list of a
 * discovery is there and each backend was checked once; with a `metrics` it counts the exchanges
 * ({@linkcode httpMetrics}) and what it does about its upstreams.
 *
 * @template State the per-request state of the user's filters
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createLogger, listen, ProxyService, reply, Server } from "@pingo/pingo";
 *
 * await using one = await listen({ address: "127.0.0.1:0" }, () => reply(200, "one"));
 * await using two = await listen({ address: "127.0.0.1:0" }, () => reply(200, "two"));
 *
 * const api = new ProxyService("api", {
 *   upstreams: [one.url, two.url],
 *   loadBalancingMethod: "least_conn",
 *   healthCheckInterval: 5_000,
 *   filters: [{ response: (_exchange, head) => head.headers.set("x-served-by", "api") }],
 * }).addTcp("127.0.0.1:0");
 *
 * await using server = new Server({ logger: createLogger({ level: "error" }) });
 * await server.addService(api).start();
 * const response = await fetch(api.listeners[0].url);
 * assertEquals(response.headers.get("x-served-by"), "api");
 * assertEquals([await response.text(), await (await fetch(api.listeners[0].url)).text()], ["one", "two"]);
 * ```
 */
export class ProxyService<State = unknown> implements Service {
  /** Names it in logs, in metrics and in other services' `dependsOn`. */
  readonly name: string;
  /** Names of services that must be ready before it listens. */
  readonly dependsOn: readonly string[];
  readonly #proxy: HttpProxy<State>;
  readonly #http: HttpService;
  readonly #balancing: Balancing;
  readonly #logger = new LateLogger();
  readonly #endMetrics: () => void;

  /**
   * A service that listens nowhere yet.
   *
   * @throws {RangeError} when a number is out of its range
   * @throws {TypeError} when there is no upstream, an address or a method cannot be understood, or a hook is
   *   no function
   */
  constructor(name: string, config: ProxyServiceConfig<State>) {
    const { observers = [], metrics, dependsOn = [], middleware = [], ...options } = config;
    this.name = name;
    this.dependsOn = dependsOn;
    this.#balancing = new Balancing(config, { name, logger: this.#logger });
    this.#proxy = new HttpProxy<State>({
      onHookError: (error, { id: request }) => {
        this.#logger.error("finished hook failed", { service: name, request, error });
      },
      ...options,
      middleware: [...this.#balancing.middleware, ...middleware],
      upstream: this.#balancing.upstream,
    });
    this.#endMetrics = metrics === undefined ? () => {} : serviceMetrics(metrics, {
      service: name,
      listeners: () => this.#http.listeners,
      transport: this.#proxy.transport,
      budget: options.retry?.budget ?? null,
      hedges: () => this.#proxy.hedges,
    });
    const counted = metrics === undefined ? [] : [httpMetrics(metrics, { service: name })];
    const all = [...observers, ...counted];
    // Who makes an exchange cannot know the user's state: it is set before the first phase.
    this.#http = new HttpService(name, this.#proxy.handle as Handler, {
      dependsOn,
      errorReply: { proxyName: options.name, showDetail: options.showErrorDetail },
      onExchange: (exchange) => {
        for (const { observe } of all) observe(exchange);
      },
    });
  }

  /** Where it listens, from the start on, in the order of the calls of `add…`. */
  get listeners(): readonly Listener[] {
    return this.#http.listeners;
  }

  /** The upstreams: drain or disable one by `backends.get(id)`. */
  get backends(): BackendSet {
    return this.#balancing.balancer.backends;
  }

  /** Upstreams, checks, ejections, circuits and discovery as plain data, for an admin page. */
  snapshot(): BalancingSnapshot {
    return this.#balancing.snapshot();
  }

  /** How many exchanges are on their way. */
  get inFlight(): number {
    return this.#http.inFlight;
  }

  /**
   * Adds an address without TLS: `:8080`, `127.0.0.1:8080`, `[::1]:8080`.
   *
   * @throws {TypeError} when the address is malformed
   * @throws {Error} when the service has been started
   */
  addTcp(address: string | ListenAddress, options?: ProxyListenOptions): this {
    this.#http.addTcp(address, options);
    return this;
  }

  /** Looks at the certificate files now, as for a SIGHUP; there when it has some. */
  get reload(): (() => Promise<void>) | undefined {
    return this.#http.reload;
  }

  /**
   * Adds an address with TLS, for HTTP/1.1 and HTTP/2 by ALPN; see {@linkcode HttpService.addTls}.
   *
   * @throws {TypeError} when the address is malformed
   * @throws {Error} when the service has been started
   */
  addTls(address: string | ListenAddress, tls: HttpTls, options?: ProxyListenOptions): this {
    this.#http.addTls(address, tls, options);
    return this;
  }

  /**
   * Adds a unix socket.
   *
   * @param path with or without `unix:` before it
   * @throws {TypeError} when the path is empty
   * @throws {Error} when the service has been started
   */
  addUnix(path: string, options?: ProxyListenOptions): this {
    this.#http.addUnix(path, options);
    return this;
  }

  /**
   * Waits for the first backends and their checks, then listens on every address; on none when one fails.
   *
   * @throws {ListenError} when an address is taken or a certificate not usable
   * @throws {CertificateError} when a file with a certificate cannot be read or used
   * @throws {Error} when there is no address
   */
  async start(context: ServiceContext): Promise<void> {
    this.#logger.target = context.logger;
    try {
      await this.#balancing.start(context.signal);
      await this.#http.start(context);
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  /** Drains every listener, then ends the checks and closes the connections to the upstreams. */
  async stop(options: ServiceStopOptions): Promise<ServiceStopReport> {
    try {
      return await this.#http.stop(options);
    } finally {
      await this.#close();
    }
  }

  async #close(): Promise<void> {
    await Promise.all([this.#balancing.stop(), this.#proxy[Symbol.asyncDispose]()]);
    this.#endMetrics();
  }
}
