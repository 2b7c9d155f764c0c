import { ProxyError } from "../../errors/mod.ts";
import type { Exchange, Handler } from "../http/mod.ts";
import {
  listen,
  type ListenAddress,
  type Listener,
  type ListenOptions,
  parseListenAddress,
} from "../listen/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import { FollowedFiles, isOfFiles } from "./_followed_files.ts";
import type { HttpTls } from "./http_tls.ts";
import type { Service, ServiceContext, ServiceStopOptions, ServiceStopReport } from "./service.ts";

/** How one of a service's addresses is listened on; what is left out is the service's. */
export interface HttpListenOptions extends Omit<ListenOptions, "address" | "tls"> {
  /**
   * How often the certificate files are looked at; `Infinity` for {@linkcode HttpService.reload} alone.
   *
   * @default {10000}
   */
  certificateIntervalMs?: number;
}

/** One of the addresses. */
interface Place extends HttpListenOptions {
  readonly address: ListenAddress;
  readonly tls?: HttpTls;
}

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
  readonly #places: Place[] = [];
  readonly #files: FollowedFiles;
  #listeners: Listener[] = [];
  #isStarted = false;
  #logger: Logger | null = null;

  /**
   * A service that listens nowhere yet.
   *
   * @throws {RangeError} when `certificateIntervalMs` is not above 0
   */
  constructor(name: string, handler: Handler, options: HttpServiceOptions = {}) {
    const { dependsOn = [], ...defaults } = options;
    checkInterval(defaults);
    this.name = name;
    this.dependsOn = dependsOn;
    this.#handler = handler;
    this.#defaults = defaults;
    this.#files = new FollowedFiles(name);
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
   * Adds an address with TLS, for HTTP/1.1 and HTTP/2 by ALPN. Files of certificates are loaded at the start
   * and followed: new connections see a renewed certificate, those under way go on; what cannot be used is
   * told to the logger once, and the old one stays.
   *
   * @throws {TypeError} when the address is malformed
   * @throws {RangeError} when `certificateIntervalMs` is not above 0
   * @throws {Error} when the service has been started
   */
  addTls(address: string | ListenAddress, tls: HttpTls, options: HttpListenOptions = {}): this {
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

  #add(address: string | ListenAddress, options: Omit<Place, "address">): this {
    if (this.#isStarted) {
      throw new Error(`Cannot add an address to service "${this.name}": it has been started`);
    }
    checkInterval(options);
    const parsed = typeof address === "string" ? parseListenAddress(address) : address;
    this.#places.push({ ...options, address: parsed });
    return this;
  }

  /**
   * Looks at the certificate files now; there when it has some.
   */
  get reload(): (() => Promise<void>) | undefined {
    const hasFiles = this.#places.some(({ tls }) => tls !== undefined && isOfFiles(tls));
    return hasFiles ? this.#reload : undefined;
  }

  /**
   * Listens on every address; on none when one fails.
   *
   * @throws {CertificateError} when a file with a certificate cannot be read or used
   * @throws {ListenError} when an address is taken or a certificate not usable
   * @throws {Error} when there is no address
   */
  async start(context: ServiceContext): Promise<void> {
    if (this.#places.length === 0) throw new Error("it has no address");
    this.#isStarted = true;
    try {
      for (const place of this.#places) {
        const { tls, certificateIntervalMs = 10_000, ...options } = {
          ...this.#fallbacks(context),
          ...this.#defaults,
          ...place,
        };
        const loaded = tls && await this.#files.load(tls, certificateIntervalMs, context);
        this.#listeners.push(await listen({ ...options, tls: loaded }, this.#handler));
        context.signal.throwIfAborted();
      }
    } catch (error) {
      this.#files[Symbol.dispose]();
      await Promise.all(this.#listeners.map((listener) => listener.close()));
      this.#listeners = [];
      throw error;
    }
    this.#logger = context.logger;
    for (const listener of this.#listeners) {
      context.logger.info("listening", { service: this.name, on: listener.describe() });
    }
  }

  /** Drains every listener; see {@linkcode Listener.drain}. */
  async stop({ signal }: ServiceStopOptions): Promise<ServiceStopReport> {
    this.#files[Symbol.dispose]();
    const drains = this.#listeners.map((listener) =>
      listener.drain({ deadlineMs: Infinity, signal })
    );
    const reports = await Promise.all(drains);
    return { cut: reports.reduce((sum, { cut }) => sum + cut, 0) };
  }

  readonly #reload = async (): Promise<void> => {
    const renewed = await this.#files.check();
    this.#logger?.info("looked at certificate files", { service: this.name, renewed });
  };

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

function checkInterval({ certificateIntervalMs = 1 }: HttpListenOptions): void {
  if (certificateIntervalMs > 0) return;
  throw new RangeError(
    `Cannot follow certificates: certificateIntervalMs ${certificateIntervalMs} is not above 0`,
  );
}
