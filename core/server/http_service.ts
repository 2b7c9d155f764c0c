import { ProxyError } from "../../errors/mod.ts";
import type { Exchange, Handler } from "../http/mod.ts";
import {
  listen,
  type ListenAddress,
  type Listener,
  type ListenOptions,
  type ListenTls,
  parseListenAddress,
} from "../listen/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import type { Service, ServiceContext, ServiceStopOptions, ServiceStopReport } from "./service.ts";

/** How one of a service's addresses is listened on; what is left out is the service's. */
export type HttpListenOptions = Omit<ListenOptions, "address" | "tls">;

/** Options of {@linkcode HttpService}: what holds for all its addresses, and what it waits for. */
export interface HttpServiceOptions extends HttpListenOptions {
  /**
   * Names of services that must be ready before it listens.
   *
   * @default {[]}
   */
  dependsOn?: readonly string[];
}

/**
 * A handler that is served on one address or several.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createLogger, HttpService, reply, Server } from "@pingo/pingo/core";
 *
 * const echo = new HttpService("echo", ({ request }) => reply(200, request.target))
 *   .addTcp("127.0.0.1:0")
 *   .addTcp("[::1]:0");
 * await using server = new Server({ logger: createLogger({ level: "error" }) });
 * await server.addService(echo).start();
 * for (const { url } of echo.listeners) {
 *   assertEquals(await (await fetch(`${url}/a`)).text(), "/a");
 * }
 * ```
 */
export class HttpService implements Service {
  /** Names it in logs and in other services' `dependsOn`. */
  readonly name: string;
  /** Names of services that must be ready before it listens. */
  readonly dependsOn: readonly string[];
  readonly #handler: Handler;
  readonly #defaults: HttpListenOptions;
  readonly #places: ListenOptions[] = [];
  #listeners: Listener[] = [];
  #isStarted = false;

  /** A service that listens nowhere yet. */
  constructor(name: string, handler: Handler, options: HttpServiceOptions = {}) {
    const { dependsOn = [], ...defaults } = options;
    this.name = name;
    this.dependsOn = dependsOn;
    this.#handler = handler;
    this.#defaults = defaults;
  }

  /** Where it listens, from the start on, in the order of the calls of `add…`. */
  get listeners(): readonly Listener[] {
    return this.#listeners;
  }

  /** How many exchanges are on their way. */
  get inFlight(): number {
    return this.#listeners.reduce((sum, { inFlight }) => sum + inFlight, 0);
  }

  /**
   * Adds an address without TLS, such as `:8080`; see {@linkcode parseListenAddress}.
   *
   * @throws {TypeError} when the address is malformed
   * @throws {Error} when the service has been started
   */
  addTcp(address: string | ListenAddress, options: HttpListenOptions = {}): this {
    return this.#add(address, options);
  }

  /**
   * Adds an address with TLS, for HTTP/1.1 and HTTP/2 by ALPN.
   *
   * @throws {TypeError} when the address is malformed
   * @throws {Error} when the service has been started
   */
  addTls(address: string | ListenAddress, tls: ListenTls, options: HttpListenOptions = {}): this {
    return this.#add(address, { ...options, tls });
  }

  /**
   * Adds a unix socket.
   *
   * @param path with or without `unix:` before it
   * @throws {TypeError} when the path is empty
   * @throws {Error} when the service has been started
   */
  addUnix(path: string, options: HttpListenOptions = {}): this {
    return this.#add(path.startsWith("unix:") ? path : `unix:${path}`, options);
  }

  #add(address: string | ListenAddress, options: Omit<ListenOptions, "address">): this {
    if (this.#isStarted) {
      throw new Error(`Cannot add an address to service "${this.name}": it has been started`);
    }
    const parsed = typeof address === "string" ? parseListenAddress(address) : address;
    this.#places.push({ ...options, address: parsed });
    return this;
  }

  /**
   * Listens on every address; on none when one fails.
   *
   * @throws {ListenError} when an address is taken or a certificate not usable
   * @throws {Error} when there is no address
   */
  async start(context: ServiceContext): Promise<void> {
    if (this.#places.length === 0) throw new Error("it has no address");
    this.#isStarted = true;
    try {
      for (const place of this.#places) {
        const options = { ...this.#fallbacks(context), ...this.#defaults, ...place };
        this.#listeners.push(await listen(options, this.#handler));
        context.signal.throwIfAborted();
      }
    } catch (error) {
      await Promise.all(this.#listeners.map((listener) => listener.close()));
      this.#listeners = [];
      throw error;
    }
    for (const listener of this.#listeners) {
      context.logger.info("listening", { service: this.name, on: listener.describe() });
    }
  }

  /** Drains every listener; see {@linkcode Listener.drain}. */
  async stop({ signal }: ServiceStopOptions): Promise<ServiceStopReport> {
    const drains = this.#listeners.map((listener) =>
      listener.drain({ deadlineMs: Infinity, signal })
    );
    const reports = await Promise.all(drains);
    return { cut: reports.reduce((sum, { cut }) => sum + cut, 0) };
  }

  #fallbacks({ clock, logger }: ServiceContext): Pick<ListenOptions, "clock" | "onError"> {
    return { clock, onError: (error, exchange) => this.#log(logger, error, exchange) };
  }

  #log(logger: Logger, error: unknown, exchange: Exchange | null): void {
    const isOfClient = error instanceof ProxyError && error.source === "downstream";
    const about = exchange === null || exchange.id === "" ? {} : { request: exchange.id };
    const fields = { service: this.name, ...about, error };
    // What clients do wrong is no news for an operator; the access log has it.
    if (isOfClient) logger.debug("request failed", fields);
    else logger.error("request failed", fields);
  }
}
