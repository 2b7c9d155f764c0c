import { setTimeout as delay } from "node:timers/promises";
import type { Certificate } from "./certificate.ts";
import type { Scheme } from "./load_case.ts";
import { Child } from "./process/child.ts";
import type { Site, Target } from "./targets/mod.ts";

/** Options of {@linkcode ProxyProcess.start}. */
export interface ProxyProcessOptions {
  /** The CPU that it runs on. */
  readonly cpus: string;
  /** A path of the upstream that it has to pass on before it counts as started. */
  readonly path: string;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

// The first start of a program in Deno checks out its npm packages.
const START_MS = 30_000;

/** A target that runs and answers. */
export class ProxyProcess implements AsyncDisposable {
  readonly target: Target;
  readonly scheme: Scheme;
  /** Its address, such as `https://127.0.0.1:40002`. */
  readonly url: string;
  readonly #child: Child;
  readonly #client: Deno.HttpClient;

  private constructor(target: Target, site: Site, child: Child) {
    this.target = target;
    this.scheme = site.certificate === null ? "http" : "https";
    this.url = `${this.scheme}://127.0.0.1:${site.port}`;
    this.#child = child;
    this.#client = Deno.createHttpClient({ caCerts: trusted(site.certificate) });
  }

  /** Starts a target and waits until it answers. */
  static async start(
    target: Target,
    site: Site,
    { cpus, path, signal }: ProxyProcessOptions,
  ): Promise<ProxyProcess> {
    const child = new Child(target.name, await target.prepare(site), cpus);
    const proxy = new ProxyProcess(target, site, child);
    try {
      await proxy.#ready(path, AbortSignal.any([signal, AbortSignal.timeout(START_MS)]));
    } catch (error) {
      await using _ended = proxy;
      signal.throwIfAborted();
      proxy.assertRunning();
      const state = `no answer to ${path} within ${START_MS / 1000} s: ${child.output()}`;
      throw new Error(`Cannot start ${target.name}: ${state}`, { cause: error });
    }
    return proxy;
  }

  /** Its process id. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Throws once it has ended. */
  assertRunning(): void {
    this.#child.assertRunning();
  }

  /** Makes one request; rejects when its answer takes longer than half a minute. */
  async get(path: string, signal: AbortSignal): Promise<{ status: number; body: Uint8Array }> {
    const inTime = AbortSignal.any([signal, AbortSignal.timeout(START_MS)]);
    const response = await fetch(this.url + path, { client: this.#client, signal: inTime });
    return { status: response.status, body: await response.bytes() };
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    await this.#child[Symbol.asyncDispose]();
  }

  async #ready(path: string, signal: AbortSignal): Promise<void> {
    for (;;) {
      this.assertRunning();
      const answer = await this.get(path, signal).catch(() => null);
      if (answer?.status === 200) return;
      await delay(50, null, { signal });
    }
  }
}

function trusted(certificate: Certificate | null): string[] {
  return certificate === null ? [] : [certificate.pem];
}
