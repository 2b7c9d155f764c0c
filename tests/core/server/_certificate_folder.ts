import tls from "node:tls";
import type { CertificateFile, Listener } from "../../../core/mod.ts";
import { type TempProject, tempProject } from "../../support/temp_project.ts";

/** A certificate and its key, as text. */
type Pair = { readonly cert: string; readonly key: string };

/** A folder of a certificate and its key as Kubernetes mounts one: links through a link that is exchanged. */
export class CertificateFolder implements AsyncDisposable, CertificateFile {
  readonly certFile: string;
  readonly keyFile: string;
  readonly #project: TempProject;
  #versions = 0;

  private constructor(project: TempProject) {
    this.#project = project;
    this.certFile = `${project.root}/tls.crt`;
    this.keyFile = `${project.root}/tls.key`;
  }

  static async with(pair: Pair): Promise<CertificateFolder> {
    const folder = new CertificateFolder(await tempProject({}));
    await folder.swap(pair);
    for (const name of ["tls.crt", "tls.key"]) {
      await Deno.symlink(`..data/${name}`, `${folder.#project.root}/${name}`);
    }
    return folder;
  }

  /** Exchanges both at once: a new folder, and the link to it by a rename. */
  async swap({ cert, key }: Pair): Promise<void> {
    const { root } = this.#project;
    const version = `..version_${++this.#versions}`;
    await Deno.mkdir(`${root}/${version}`);
    await Deno.writeTextFile(`${root}/${version}/tls.crt`, cert);
    await Deno.writeTextFile(`${root}/${version}/tls.key`, key);
    await Deno.symlink(version, `${root}/..new`);
    await Deno.rename(`${root}/..new`, `${root}/..data`);
  }

  /** Replaces one file, or the link that stands there, by a rename. */
  async rename(path: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${path}.new`, text);
    await Deno.rename(`${path}.new`, path);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#project[Symbol.asyncDispose]();
  }
}

/** A client's connection over TLS that stays open. */
export class TlsClient implements AsyncDisposable {
  readonly #socket: tls.TLSSocket;
  readonly #closed: Promise<void>;

  private constructor(socket: tls.TLSSocket) {
    this.#socket = socket;
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  static async connect({ address }: Pick<Listener, "address">): Promise<TlsClient> {
    const port = address.transport === "tcp" ? address.port : 0;
    const socket = tls.connect({
      ...{ host: "127.0.0.1", port, rejectUnauthorized: false, servername: "a.test" },
    });
    const client = new TlsClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
    });
    return client;
  }

  /** The name of the certificate that it was shown. */
  get shown(): string {
    return String(this.#socket.getPeerCertificate().subject.CN);
  }

  /** Sends a request and gives the first bytes that come. */
  async ask(): Promise<string> {
    this.#socket.write("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
    const bytes = await new Promise((resolve, reject) => {
      this.#socket.once("data", resolve);
      this.#socket.once("close", () => reject(new Error("the connection was closed")));
    });
    return String(bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.destroy();
    await this.#closed;
  }
}

/** Waits until new clients are shown this certificate; one that comes while the socket changes may be refused. */
export async function untilShown(listener: Pick<Listener, "address">, name: string): Promise<void> {
  let shown = "";
  for (const end = performance.now() + 20_000; performance.now() < end;) {
    try {
      await using client = await TlsClient.connect(listener);
      shown = client.shown;
    } catch {
      continue;
    }
    if (shown === name) return;
  }
  throw new Error(`Cannot see the certificate "${name}": it is "${shown}"`);
}
