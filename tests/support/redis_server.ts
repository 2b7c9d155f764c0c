import { findProgram, type Needed, needs } from "./needs.ts";
import { freePort } from "./ports.ts";

const ATTEMPTS = 3;

/** Options of {@linkcode RedisServer.start}. */
export interface RedisServerOptions {
  /** Further arguments, such as `["--requirepass", "secret"]`. */
  readonly args?: readonly string[];
}

/**
 * As `needs`, for a test of {@linkcode anyRedis}: where the environment names a server in `REDIS_URL`, no program is
 * needed.
 */
export function needsRedis(name: string): Needed {
  return redisUrl() === null ? needs("redis-server", name) : { name, ignore: false };
}

/** A server for tests that only set keys of their own: the one of `REDIS_URL`, or one that is started. */
export async function anyRedis(): Promise<{ readonly url: string } & AsyncDisposable> {
  const url = redisUrl();
  if (url === null) return await RedisServer.start();
  return { url, [Symbol.asyncDispose]: () => Promise.resolve() };
}

function redisUrl(): string | null {
  return Deno.env.get("REDIS_URL") || null;
}

/** A real redis-server on a free port and a unix socket, without persistence; it may be killed and started again. */
export class RedisServer implements AsyncDisposable {
  readonly port: number;
  readonly folder: string;
  readonly #args: readonly string[];
  #child: Deno.ChildProcess | null = null;

  private constructor(port: number, folder: string, args: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.#args = args;
  }

  /** Starts one and waits until it answers. */
  static async start(options: RedisServerOptions = {}): Promise<RedisServer> {
    const { args = [] } = options;
    for (let attempt = 1;; attempt++) {
      const server = new RedisServer(freePort(), await Deno.makeTempDir(), args);
      try {
        await server.start();
        return server;
      } catch (error) {
        await server[Symbol.asyncDispose]();
        // Somebody was faster to take the port.
        if (attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Where it listens. */
  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it again, empty, on the same port. */
  async start(): Promise<void> {
    const program = findProgram("redis-server");
    if (program === null) throw new Error("Cannot start redis-server: it is not installed");
    const { port, folder } = this;
    this.#child = new Deno.Command(program, {
      args: [
        ...["--port", String(port), "--bind", "127.0.0.1", "--unixsocket", `${folder}/redis.sock`],
        ...["--save", "", "--appendonly", "no", "--dir", folder, "--loglevel", "warning"],
        ...this.#args,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let hasEnded = false;
    this.#child.status.then(() => hasEnded = true);
    for (let attempt = 0;; attempt++) {
      try {
        await answered(port);
        return;
      } catch (error) {
        if (hasEnded || attempt === 1_000) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  /** Sends a signal: SIGSTOP and SIGCONT make it slow. */
  signal(name: Deno.Signal): void {
    this.#child?.kill(name);
  }

  /** Ends it at once and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.status;
    this.#child = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Any reply will do: with a password it is an error. */
async function answered(port: number): Promise<void> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode("PING\r\n"));
  const reply = new Uint8Array(64);
  const count = await conn.read(reply) ?? 0;
  if (!/^[+-](PONG|NOAUTH)/.test(new TextDecoder().decode(reply.subarray(0, count)))) {
    throw new Error(`Cannot use redis-server on port ${port}: it is not ready`);
  }
}
