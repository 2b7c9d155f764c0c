import { type Clock, withTimeout } from "../../timeout/mod.ts";
import type { Logger } from "../telemetry/mod.ts";
import type { Service } from "./service.ts";
import { ServiceError } from "./service_error.ts";
import { serviceGraph, type ServiceNode, visitInOrder } from "./_service_graph.ts";

/** What {@linkcode ServiceRunner} needs. */
export interface ServiceRunnerOptions {
  readonly logger: Logger;
  readonly clock: Clock;
  readonly startTimeoutMs: number;
  /** Called when a service has failed after its start. */
  readonly onFailure: (service: Service, error: unknown) => void;
}

/** How long a service may take to return after the deadline has cut its work. */
const STOP_GRACE_MS = 2_000;

/** Starts services in the order of their dependencies, and stops them in the reverse order. */
export class ServiceRunner {
  readonly #nodes: readonly ServiceNode[];
  readonly #options: ServiceRunnerOptions;
  /** Those whose start was begun and has not rejected. */
  readonly #started = new Set<Service>();

  /** @throws {TypeError} when the services cannot be ordered */
  constructor(services: readonly Service[], options: ServiceRunnerOptions) {
    this.#nodes = serviceGraph(services);
    this.#options = options;
  }

  /**
   * Starts all; those that do not wait for each other at the same time.
   *
   * @throws {ServiceError} the first failure; no more services are started then
   * @throws the reason of the signal when it fires
   */
  async start(signal: AbortSignal): Promise<void> {
    const failure = new AbortController();
    const giveUp = AbortSignal.any([signal, failure.signal]);
    await visitInOrder(this.#nodes, "dependencies", async (service) => {
      try {
        await this.#start(service, giveUp);
      } catch (error) {
        const reason = giveUp.aborted ? giveUp.reason : new ServiceError(service.name, error);
        failure.abort(reason);
        throw reason;
      }
    });
  }

  async #start(service: Service, signal: AbortSignal): Promise<void> {
    const { clock, logger, startTimeoutMs, onFailure } = this.#options;
    const run = async (signal: AbortSignal): Promise<void> => {
      this.#started.add(service);
      try {
        const fail = (error: unknown): void => onFailure(service, error);
        await service.start({ logger, clock, signal, fail });
      } catch (error) {
        this.#started.delete(service);
        throw error;
      }
    };
    const error = (): Error => new Error(`it has not said ready within ${startTimeoutMs} ms`);
    await withTimeout(run, startTimeoutMs, { clock, signal, error });
  }

  /**
   * Stops all that were started.
   *
   * @param signal fires at the deadline
   * @returns what did not end by itself, a line each
   */
  async stop(signal: AbortSignal): Promise<string[]> {
    const problems: string[] = [];
    await visitInOrder(this.#nodes, "dependents", async (service) => {
      const name = JSON.stringify(service.name);
      try {
        const cut = await this.#stop(service, signal);
        if (cut > 0) problems.push(`Service ${name} had ${cut} unfinished when the time was over`);
      } catch (error) {
        const state = error instanceof Error ? error.message : String(error);
        problems.push(`Cannot stop service ${name}: ${state}`);
      }
    });
    return problems;
  }

  async #stop(service: Service, signal: AbortSignal): Promise<number> {
    if (!this.#started.delete(service) || service.stop === undefined) return 0;
    const { promise: late, reject } = Promise.withResolvers<never>();
    let cancel = (): void => {};
    const onDeadline = (): void => {
      const expire = (): void => reject(new Error("it does not end"));
      cancel = this.#options.clock.setTimer(expire, STOP_GRACE_MS);
    };
    if (signal.aborted) onDeadline();
    else signal.addEventListener("abort", onDeadline, { once: true });
    try {
      const report = await Promise.race([late, service.stop({ signal })]);
      return report?.cut ?? 0;
    } finally {
      signal.removeEventListener("abort", onDeadline);
      cancel();
    }
  }
}
