import { findProgram } from "../../support/needs.ts";
import { freePort } from "../../support/ports.ts";

/** A real DNS server on loopback, on a port that it keeps over restarts. */
export class Dnsmasq implements AsyncDisposable {
  readonly port: number;
  readonly #folder: string;
  #child: Deno.ChildProcess | null = null;
  #log: Promise<void> = Promise.resolve();

  private constructor(port: number, folder: string) {
    this.port = port;
    this.#folder = folder;
  }

  /** Starts one that serves a hosts file, and further options such as `srv-host=…`. */
  static async start(hosts: string, options: readonly string[] = []): Promise<Dnsmasq> {
    const port = freePort();
    const server = new Dnsmasq(port, await Deno.makeTempDir());
    await server.restart(hosts, options);
    return server;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Changes the hosts file under the running server. */
  async change(hosts: string): Promise<void> {
    await Deno.writeTextFile(`${this.#folder}/hosts`, hosts);
    this.#child?.kill("SIGHUP");
  }

  /** Starts it again with other records. */
  async restart(hosts: string, options: readonly string[] = []): Promise<void> {
    await this.kill();
    await Deno.writeTextFile(`${this.#folder}/hosts`, hosts);
    const config = [
      `port=${this.port}`,
      "listen-address=127.0.0.1",
      "bind-interfaces",
      "no-resolv",
      "no-hosts",
      "local=/test/",
      "local-ttl=1",
      `addn-hosts=${this.#folder}/hosts`,
      ...options,
    ];
    await Deno.writeTextFile(`${this.#folder}/conf`, `${config.join("\n")}\n`);
    const child = new Deno.Command(findProgram("dnsmasq") ?? "dnsmasq", {
      args: ["--no-daemon", `--conf-file=${this.#folder}/conf`, "--pid-file"],
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#child = child;
    const { promise: started, resolve, reject } = Promise.withResolvers<void>();
    this.#log = (async () => {
      let text = "";
      for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) {
        text += part;
        if (text.includes("started, version")) resolve();
      }
      reject(new Error(text));
    })();
    await started;
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    this.#child = null;
    child.kill("SIGKILL");
    await Promise.all([child.status, this.#log]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}
