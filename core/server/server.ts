import { sleep } from "../../timeout/mod.ts";
import type { Service } from "./service.ts";
import { ServiceError } from "./service_error.ts";
import { ServiceRunner } from "./_service_runner.ts";
import {
  checkMs,
  checkServerOptions,
  type ServerOptions,
  type ServerStopOptions,
  type ServerStopReport,
} from "./server_options.ts";
import { ReloadSignal } from "./_reload_signal.ts";
import { StopSignals } from "./_stop_signals.ts";

/** Where a server is in its life. */
export type ServerState = "new" | "starting" | "running" | "stopping" | "stopped";

/**
 * A process made of services: starts them in the order of their dependencies, knows when all are ready,
 * and stops so that nothing in flight is lost.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backgroundService, createLogger, HttpService, reply, Server } from "@pingo/pingo/core";
 *
 * const api = new HttpService("api", () => reply(200, "hello")).addTcp("127.0.0.1:0");
 * const clock = backgroundService("clock", async ({ ready, signal }) => {
 *   ready();
 *   await new Promise((stop) => signal.addEventListener("abort", stop));
 * });
 * await using server = new Server({ logger: createLogger({ level: "error" }) });
 * server.addServices([api, clock]);
 *
 * await server.start(); // a program would rather say: Deno.exit(await server.runForever());
 * assertEquals(await (await fetch(api.listeners[0].url)).text(), "hello");
 * assertEquals((await server.stop()).exitCode, 0);
 * ```
 */
export class Server implements AsyncDisposable {
  readonly #options: Required<ServerOptions>;
  readonly #services: Service[] = [];
  readonly #ready = Promise.withResolvers<void>();
  readonly #stopped = Promise.withResolvers<ServerStopReport>();
  /** Ends a start that goes on. */
  readonly #giveUp = new AbortController();
  /** Fires at the deadline of the stop. */
  readonly #deadline = new AbortController();
  readonly #problems: string[] = [];
  #cancels: (() => void)[] = [];
  #state: ServerState = "new";
  #runner: ServiceRunner | null = null;
  #starting: Promise<void> = Promise.resolve();
  #isStopping = false;

  /**
   * A server without services.
   *
   * @throws {RangeError} when a time is negative or NaN
   */
  constructor(options: ServerOptions = {}) {
    this.#options = checkServerOptions(options);
    // Nobody has to wait for it.
    this.#ready.promise.catch(() => {});
  }

  /** Where the server is in its life. */
  get state(): ServerState {
    return this.#state;
  }

  /** Whether all services are ready and the server is not stopping: what `readyz` is to tell. */
  get isReady(): boolean {
    return this.#state === "running";
  }

  /** Settles when all services are ready; rejects when that will never be. */
  whenReady(): Promise<void> {
    return this.#ready.promise;
  }

  /** Settles when the server has stopped, whatever it stopped for. */
  whenStopped(): Promise<ServerStopReport> {
    return this.#stopped.promise;
  }

  /**
   * Adds a service.
   *
   * @throws {TypeError} when it has no name or the name of another one
   * @throws {Error} when the server has been started
   */
  addService(service: Service): this {
    const name = JSON.stringify(service.name);
    if (this.#state !== "new") {
      throw new Error(`Cannot add service ${name}: the server has been started`);
    }
    if (service.name === "") throw new TypeError("Cannot add service: it has no name");
    if (this.#services.some((other) => other.name === service.name)) {
      throw new TypeError(`Cannot add service ${name}: there is one of that name`);
    }
    this.#services.push(service);
    return this;
  }

  /** Adds services; see {@linkcode Server.addService}. */
  addServices(services: Iterable<Service>): this {
    for (const service of services) this.addService(service);
    return this;
  }

  /**
   * Starts all services; settles when all are ready.
   *
   * @throws {TypeError} when `dependsOn` names a service that is not there, or services wait in a circle
   * @throws {ServiceError} when one fails; those that were started have been stopped then
   * @throws {Error} when it has been started before, or is stopped meanwhile
   */
  async start(): Promise<void> {
    if (this.#state !== "new") throw new Error(`Cannot start server: it is ${this.#state}`);
    this.#runner = new ServiceRunner(this.#services, {
      ...this.#options,
      onFailure: (service, error) => this.#fail(service, error),
    });
    this.#state = "starting";
    this.#starting = this.#runner.start(this.#giveUp.signal);
    try {
      await this.#starting;
      this.#giveUp.signal.throwIfAborted();
    } catch (error) {
      if (error instanceof ServiceError) this.#problems.push(error.message);
      this.#giveUp.abort(error);
      await this.stop();
      throw error;
    }
    this.#state = "running";
    this.#ready.resolve();
    this.#options.logger.info("ready", { services: this.#services.length });
  }

  /**
   * Stops: readiness becomes false at once; then, after `drainDelayMs`, services stop in the reverse
   * order of their dependencies, and have until the deadline to finish what is in flight.
   *
   * A second call may bring the deadline forward, and gets the same report.
   *
   * @throws {RangeError} when the deadline is negative or NaN
   */
  async stop(options: ServerStopOptions = {}): Promise<ServerStopReport> {
    const { deadlineMs = this.#options.deadlineMs } = options;
    checkMs("deadlineMs", deadlineMs);
    if (!this.#isStopping) {
      this.#isStopping = true;
      this.#stop(deadlineMs);
    } else if (this.#state !== "stopped") this.#setDeadline(deadlineMs);
    return await this.whenStopped();
  }

  /**
   * Has services look at their files again, as for a SIGHUP: certificates. One that fails is told to the
   * logger. Does nothing while it does not run.
   */
  async reload(): Promise<void> {
    if (this.#state !== "running") return;
    await Promise.all(this.#services.map(async (service) => {
      try {
        await service.reload?.();
      } catch (error) {
        this.#options.logger.error("service not reloaded", { service: service.name, error });
      }
    }));
  }

  /**
   * Starts, unless that was done, and runs until SIGTERM or SIGINT (on Windows Ctrl+C or Ctrl+Break)
   * or until a service fails; then stops. A second signal ends it at once; within a tenth of a second it
   * counts as the first one, which Ctrl-C under `deno task` sends twice. Where a service has files to look
   * at again, SIGHUP is {@linkcode Server.reload}; elsewhere it ends the process, as it does by default.
   *
   * @returns the exit code: 0 when everything ended by itself, 1 when a service failed or the deadline
   * cut something (the log says which), 128 plus its number for a second signal. To end the process is
   * the caller's: `Deno.exit(await server.runForever())`.
   * @throws {TypeError} as {@linkcode Server.start}
   */
  async runForever(): Promise<number> {
    const hasFiles = this.#services.some(({ reload }) => reload !== undefined);
    using _reloading = hasFiles ? new ReloadSignal(() => this.#hangUp()) : null;
    using signals = new StopSignals(this.#options.clock);
    signals.first.then((signal) => {
      this.#options.logger.info("received signal", { signal });
      return this.stop();
    });
    const forced = signals.second.then((code) => {
      this.stop({ deadlineMs: 0 });
      return code;
    });
    return await Promise.race([this.#runToEnd(), forced]);
  }

  #hangUp(): void {
    this.#options.logger.info("received signal", { signal: "SIGHUP" });
    this.reload();
  }

  async #runToEnd(): Promise<number> {
    try {
      if (this.#state === "new") await this.start();
    } catch (error) {
      // A failure to start has been logged, and a stop while starting is no failure.
      if (!this.#isStopping) throw error;
    }
    return (await this.whenStopped()).exitCode;
  }

  #fail(service: Service, error: unknown): void {
    // While others start, this makes the start fail, which names the service.
    this.#giveUp.abort(new ServiceError(service.name, error));
    if (this.#state === "starting" || this.#state === "stopped") return;
    const state = error instanceof Error ? error.message : String(error);
    this.#problems.push(`Service ${JSON.stringify(service.name)} failed: ${state}`);
    this.stop();
  }

  async #stop(deadlineMs: number): Promise<void> {
    const { logger, clock, drainDelayMs } = this.#options;
    const wasReady = this.isReady;
    if (wasReady) logger.info("stopping");
    this.#state = "stopping";
    this.#giveUp.abort(new Error("Cannot start server: it is stopping"));
    this.#ready.reject(this.#giveUp.signal.reason);
    await this.#starting.catch(() => {});
    if (deadlineMs === 0) this.#setDeadline(0);
    if (wasReady && drainDelayMs > 0) {
      await sleep(drainDelayMs, { clock, signal: this.#deadline.signal }).catch(() => {});
    }
    this.#setDeadline(deadlineMs);
    const problems = await this.#runner?.stop(this.#deadline.signal) ?? [];
    this.#problems.push(...problems);
    for (const cancel of this.#cancels) cancel();
    this.#state = "stopped";
    for (const problem of this.#problems) logger.error(problem);
    if (wasReady) logger.info("stopped");
    const exitCode = this.#problems.length === 0 ? 0 : 1;
    this.#stopped.resolve({ exitCode, problems: this.#problems });
  }

  /** Sets one more deadline; the earliest counts. */
  #setDeadline(ms: number): void {
    const expire = (): void => this.#deadline.abort();
    if (ms === 0) expire();
    else if (ms < Infinity) this.#cancels.push(this.#options.clock.setTimer(expire, ms));
  }

  /** Stops at once. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop({ deadlineMs: 0 });
  }
}
