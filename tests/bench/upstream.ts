import { Child } from "./process/child.ts";
import { nginxArguments, nginxConfig } from "./nginx_config.ts";

/** Options of {@linkcode Upstream.start}. */
export interface UpstreamOptions {
  /** Path of nginx. */
  readonly program: string;
  /** Folder for its files and bodies. */
  readonly folder: string;
  /** Port that it listens on. */
  readonly port: number;
  /** CPUs it runs on. */
  readonly cpus: string;
  /** Sizes of the bodies; the path `/<size>` has one of that size. */
  readonly sizes: readonly number[];
  /** How many connections it may have. */
  readonly connections: number;
}

/** Up to here a body is a string in the configuration, above a file. */
const MAX_INLINE = 1024;

/** The server behind every proxy: an nginx that answers from memory. */
export class Upstream implements AsyncDisposable {
  /** Its address, such as `http://127.0.0.1:40001`. */
  readonly url: string;
  readonly #child: Child;

  private constructor(url: string, child: Child) {
    this.url = url;
    this.#child = child;
  }

  /** Writes the bodies and starts it. */
  static async start(options: UpstreamOptions): Promise<Upstream> {
    const { program, folder, port, cpus, sizes, connections } = options;
    const locations: string[] = [];
    for (const size of sizes) {
      const body = bodyOf(size);
      if (size <= MAX_INLINE) locations.push(`location = /${size} { return 200 "${body}"; }`);
      else await Deno.writeTextFile(`${folder}/${size}`, body);
    }
    const http = [
      "  open_file_cache max=100 inactive=1h;",
      "  open_file_cache_valid 1h;",
      "  server {",
      `    listen 127.0.0.1:${port} backlog=4096;`,
      `    root ${folder};`,
      ...locations.map((each) => `    ${each}`),
      "    location = /status { stub_status; }",
      "  }",
    ].join("\n");
    const config = nginxConfig({ folder, connections, http });
    await Deno.writeTextFile(`${folder}/nginx.conf`, config);
    const child = new Child("upstream", { program, args: nginxArguments(folder) }, cpus);
    return new Upstream(`http://127.0.0.1:${port}`, child);
  }

  /** How many requests it has got; asking is one of them. */
  async requests(): Promise<number> {
    this.#child.assertRunning();
    const response = await fetch(`${this.url}/status`);
    return parseStubStatus(await response.text());
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }
}

/** The body of a size. */
export function bodyOf(size: number): string {
  return "0123456789abcdef".repeat(size / 16 + 1).slice(0, size);
}

/**
 * Reads how many requests an nginx has got from its page of the stub_status module.
 *
 * @throws {SyntaxError} if it is no such page
 */
export function parseStubStatus(page: string): number {
  const match = /^server accepts handled requests\n \d+ \d+ (\d+)/m.exec(page);
  if (match === null) throw new SyntaxError(`Cannot read status of nginx: "${page}"`);
  return Number(match[1]);
}
