import type { Clock } from "../../timeout/mod.ts";

/** Options of {@linkcode LastingServer}. */
export interface LastingServerOptions {
  /** Listens again where the first one did. */
  restart: () => Deno.HttpServer | Promise<Deno.HttpServer>;
  clock: Clock;
  onError: (error: unknown) => void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/**
 * A server that outlasts a shortage. `Deno.serve` gives up for good when accepting fails once, and
 * that takes no more than a moment without free file descriptors (EMFILE): a proxy would be deaf from
 * then on. This one listens again, as other servers do.
 */
export class LastingServer {
  readonly #options: LastingServerOptions;
  #server: Deno.HttpServer | null = null;
  /** The shutdowns of those that gave up: their connections live on until then. */
  readonly #retired: Promise<void>[] = [];
  #stopping: Promise<void> | null = null;
  #cancelPause: () => void = () => {};

  constructor(first: Deno.HttpServer, options: LastingServerOptions) {
    this.#options = options;
    this.#watch(first);
  }

  /** Accepts no more; settles when the last connection has closed. */
  stop(): Promise<void> {
    return this.#stopping ??= this.#stop();
  }

  async #stop(): Promise<void> {
    this.#cancelPause();
    await Promise.all([this.#server && shutDown(this.#server), ...this.#retired]);
  }

  #watch(server: Deno.HttpServer): void {
    this.#server = server;
    server.finished.catch((cause) => {
      if (this.#stopping !== null) return;
      this.#options.onError(
        new Error("Cannot accept connections for a moment: the system refuses them", { cause }),
      );
      // Its idle connections are closed, which also gives descriptors back.
      this.#retired.push(shutDown(server));
      this.#server = null;
      this.#retryAfter(FIRST_PAUSE_MS);
    });
  }

  #retryAfter(pauseMs: number): void {
    this.#cancelPause = this.#options.clock.setTimer(() => this.#retry(pauseMs), pauseMs);
  }

  async #retry(pauseMs: number): Promise<void> {
    try {
      const server = await this.#options.restart();
      this.#watch(server);
      if (this.#stopping !== null) await shutDown(server);
    } catch (error) {
      if (this.#stopping !== null) return;
      this.#options.onError(error);
      this.#retryAfter(Math.min(pauseMs * 2, LONGEST_PAUSE_MS));
    }
  }
}

/** A server that gave up rejects with what it gave up for, which has been told. */
function shutDown(server: Deno.HttpServer): Promise<void> {
  return server.shutdown().catch(() => {});
}
