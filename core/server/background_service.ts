import { type Clock, sleep, systemClock } from "../../timeout/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import { RestartDelay } from "./_restart_delay.ts";
import { checkRestartOptions, type RestartOptions } from "./restart_options.ts";
import type { Service, ServiceContext, ServiceStopOptions, ServiceStopReport } from "./service.ts";

/** What work in the background gets from its server. */
export interface BackgroundContext {
  /** Fires when the work is to end. */
  readonly signal: AbortSignal;
  /** Tells that services which depend on this one may start. Work that returns is ready too. */
  readonly ready: () => void;
  /** Where it tells what happens. */
  readonly logger: Logger;
  /** The server's clock. */
  readonly clock: Clock;
}

/** Work in the background: runs until its signal fires, or until it is done. */
export type BackgroundRun = (context: BackgroundContext) => void | Promise<void>;

/** Options of {@linkcode backgroundService}. */
export interface BackgroundServiceOptions {
  /**
   * Names of services that must be ready before it starts.
   *
   * @default {[]}
   */
  dependsOn?: readonly string[];
  /**
   * Starts it again when it throws.
   *
   * @default {it fails, and the server stops with exit code 1}
   */
  restart?: RestartOptions;
}

/**
 * A service that answers nobody: discovery, health checks, a flush now and then.
 *
 * The server is ready only when the work has called `ready()` or has returned. When it throws, the
 * server stops with exit code 1, unless `restart` says otherwise. It is to end soon after its signal
 * has fired; what still goes on at the deadline counts as cut.
 *
 * @throws {RangeError} when a value of `restart` is negative or NaN
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { backgroundService, createLogger, Server } from "@pingo/pingo/core";
 *
 * const steps: string[] = [];
 * const load = backgroundService("load", () => void steps.push("loaded"));
 * const use = backgroundService("use", () => void steps.push("used"), { dependsOn: ["load"] });
 * await using server = new Server({ logger: createLogger({ level: "error" }) });
 * await server.addServices([use, load]).start();
 * assertEquals(steps, ["loaded", "used"]);
 * ```
 */
export function backgroundService(
  name: string,
  run: BackgroundRun,
  options: BackgroundServiceOptions = {},
): Service {
  return new BackgroundService(name, run, options);
}

/** What hears of the stop only at the deadline gets so long to end. */
const GRACE_MS = 500;

class BackgroundService implements Service {
  readonly name: string;
  readonly dependsOn: readonly string[];
  readonly #run: BackgroundRun;
  readonly #restart: Required<RestartOptions> | null;
  readonly #end = new AbortController();
  #ended: Promise<void> = Promise.resolve();
  #clock: Clock = systemClock;

  constructor(name: string, run: BackgroundRun, options: BackgroundServiceOptions) {
    this.name = name;
    this.dependsOn = options.dependsOn ?? [];
    this.#run = run;
    this.#restart = options.restart === undefined ? null : checkRestartOptions(options.restart);
  }

  async start(context: ServiceContext): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    let isReady = false;
    this.#clock = context.clock;
    const ready = (): void => {
      isReady = true;
      resolve();
    };
    const failed = (error: unknown): void => {
      if (isReady) context.fail(error);
      else reject(error);
    };
    this.#ended = this.#keepRunning(context, ready).then(ready, failed);
    await promise;
  }

  async stop({ signal }: ServiceStopOptions): Promise<ServiceStopReport> {
    this.#end.abort(new Error(`Cannot go on with service "${this.name}": it is stopping`));
    const { promise: late, resolve } = Promise.withResolvers<true>();
    let cancel = (): void => {};
    const onDeadline = (): void => {
      cancel = this.#clock.setTimer(() => resolve(true), GRACE_MS);
    };
    if (signal.aborted) onDeadline();
    else signal.addEventListener("abort", onDeadline, { once: true });
    const isLate = await Promise.race([this.#ended, late]) ?? false;
    signal.removeEventListener("abort", onDeadline);
    cancel();
    return { cut: isLate ? 1 : 0 };
  }

  async #keepRunning(context: ServiceContext, ready: () => void): Promise<void> {
    const { clock, logger } = context;
    const { signal } = this.#end;
    const delay = this.#restart && new RestartDelay(this.#restart);
    while (!signal.aborted) {
      const start = clock.now();
      try {
        return await this.#run({ signal, ready, logger, clock });
      } catch (error) {
        if (signal.aborted) return this.#sayHowItEnded(logger, error);
        const delayMs = delay?.next(clock.now() - start) ?? null;
        if (delayMs === null) throw error;
        logger.error("service failed, it starts again", { service: this.name, error, delayMs });
        await sleep(delayMs, { clock, signal }).catch(() => {});
      }
    }
  }

  /** Most let the signal's reason through, which is nothing to speak of. */
  #sayHowItEnded(logger: Logger, error: unknown): void {
    if (error === this.#end.signal.reason) return;
    logger.warn("service failed while it stopped", { service: this.name, error });
  }
}
