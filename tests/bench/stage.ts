import { type Certificate, createCertificate } from "./certificate.ts";
import type { Scheme } from "./load_case.ts";
import type { CpuPlan } from "./process/cpus.ts";
import { readMaxFiles } from "./process/limits.ts";
import { findProgram } from "./process/programs.ts";
import { ProxyProcess } from "./proxy_process.ts";
import type { Target } from "./targets/mod.ts";
import { bodyOf, Upstream } from "./upstream.ts";
import { freePort } from "../support/ports.ts";
import { Workspace } from "./workspace.ts";

/** Options of {@linkcode Stage.create}. */
export interface StageOptions {
  readonly cpus: CpuPlan;
  /** Sizes of the bodies that the upstream has. */
  readonly sizes: readonly number[];
  /** How targets will be reached. */
  readonly schemes: readonly Scheme[];
}

/** What all targets share: the upstream, a certificate and a folder. */
export class Stage implements AsyncDisposable {
  readonly cpus: CpuPlan;
  readonly upstream: Upstream;
  /** Null where nothing is reached over TLS. */
  readonly certificate: Certificate | null;
  /** How many files a target may have open. */
  readonly maxFiles: number;
  readonly #sizes: readonly number[];
  readonly #workspace: Workspace;
  #started = 0;

  private constructor(
    options: StageOptions,
    parts: Pick<Stage, "upstream" | "certificate" | "maxFiles"> & { workspace: Workspace },
  ) {
    this.cpus = options.cpus;
    this.upstream = parts.upstream;
    this.certificate = parts.certificate;
    this.maxFiles = parts.maxFiles;
    this.#sizes = options.sizes;
    this.#workspace = parts.workspace;
  }

  /** Makes the certificate and starts the upstream. */
  static async create(options: StageOptions): Promise<Stage> {
    const { cpus, sizes, schemes } = options;
    await using undo = new AsyncDisposableStack();
    const workspace = undo.use(await Workspace.create());
    const certificate = schemes.includes("https")
      ? await createCertificate(await workspace.folder("certificate"))
      : null;
    const maxFiles = await readMaxFiles();
    const upstream = await Upstream.start({
      program: await findProgram("nginx"),
      folder: await workspace.folder("upstream"),
      port: freePort(),
      cpus: cpus.load,
      sizes,
      connections: maxFiles,
    });
    undo.move();
    return new Stage(options, { workspace, certificate, maxFiles, upstream });
  }

  /** Starts a target and looks whether it passes on every body as it is. */
  async start(target: Target, scheme: Scheme, signal: AbortSignal): Promise<ProxyProcess> {
    const site = {
      folder: await this.#workspace.folder(`${target.name}-${++this.#started}`),
      port: freePort(),
      upstreamPort: Number(new URL(this.upstream.url).port),
      certificate: scheme === "https" ? this.certificate : null,
      maxFiles: this.maxFiles,
    };
    const path = `/${this.#sizes[0]}`;
    const proxy = await ProxyProcess.start(target, site, { cpus: this.cpus.proxy, path, signal });
    try {
      for (const size of this.#sizes) await assertPasses(proxy, size, signal);
      return proxy;
    } catch (error) {
      await proxy[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Ends the upstream and removes the folder; the targets have to be ended before. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.upstream[Symbol.asyncDispose]();
    await this.#workspace[Symbol.asyncDispose]();
  }
}

async function assertPasses(proxy: ProxyProcess, size: number, signal: AbortSignal): Promise<void> {
  const expected = new TextEncoder().encode(bodyOf(size));
  const got = await proxy.get(`/${size}`, signal).then(
    ({ status, body }) =>
      status === 200 && equals(body, expected) ? null : `status ${status}, ${body.length} bytes`,
    (error: unknown) => error instanceof Error ? error.message : String(error),
  );
  signal.throwIfAborted();
  if (got === null) return;
  throw new Error(`Cannot measure ${proxy.target.name}: ${size} bytes do not come through: ${got}`);
}

function equals(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
