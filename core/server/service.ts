import type { Clock } from "../../timeout/mod.ts";
import type { Logger } from "../telemetry/mod.ts";

/** What a service gets from its server. */
export interface ServiceContext {
  /** Where it tells what happens. */
  readonly logger: Logger;
  /** The server's clock. */
  readonly clock: Clock;
  /** Fires when the start is given up: another service failed, or the server is to stop. */
  readonly signal: AbortSignal;
  /** Tells that the service has failed after its start. The server then stops, with exit code 1. */
  fail(error: unknown): void;
}

/** Options of {@linkcode Service.stop}. */
export interface ServiceStopOptions {
  /** Fires at the deadline: what is not finished then is to be cut. */
  readonly signal: AbortSignal;
}

/** How a service stopped. */
export interface ServiceStopReport {
  /** How many pieces of work, such as exchanges, the deadline cut. */
  readonly cut: number;
}

/** A part of a server with a life of its own: listeners with a handler, or work in the background. */
export interface Service {
  /** Names it in logs and in other services' `dependsOn`; unique in its server. */
  readonly name: string;
  /**
   * Names of services that must be ready before it starts, and that stop after it.
   *
   * @default {[]}
   */
  readonly dependsOn?: readonly string[];
  /** Starts; settles when the service is ready. One that rejects has cleaned up after itself. */
  start(context: ServiceContext): void | Promise<void>;
  /**
   * Stops, once and after a start: takes no more work, finishes what there is, cuts it when the signal
   * fires.
   */
  stop?(options: ServiceStopOptions): void | ServiceStopReport | Promise<void | ServiceStopReport>;
  /**
   * Looks at its files again: certificates, lists. There while it has some, which is what makes a server
   * listen to SIGHUP. What is of no use leaves everything as it was.
   */
  reload?(): void | Promise<void>;
}
