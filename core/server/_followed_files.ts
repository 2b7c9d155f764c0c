import type { ListenTls } from "../listen/mod.ts";
import {
  type CertificateFile,
  type CertificateFiles,
  CertificateStore,
  loadCertificateFiles,
} from "../tls/mod.ts";
import type { HttpTls } from "./http_tls.ts";
import type { ServiceContext } from "./service.ts";

/** Whether there are files in it to follow. */
export function isOfFiles(tls: HttpTls): tls is CertificateFile | readonly CertificateFile[] {
  return Array.isArray(tls) || "certFile" in tls;
}

/** The certificate files of a service: loaded at its start, followed until its stop. */
export class FollowedFiles implements Disposable {
  readonly #service: string;
  #followed: CertificateFiles[] = [];

  constructor(service: string) {
    this.#service = service;
  }

  /**
   * What `listen` takes for it.
   *
   * @throws {CertificateError} when a file cannot be read or used
   */
  async load(
    tls: HttpTls,
    intervalMs: number,
    { logger, clock }: ServiceContext,
  ): Promise<ListenTls | CertificateStore> {
    if (!isOfFiles(tls)) return tls;
    const service = this.#service;
    const store = new CertificateStore();
    const followed = await loadCertificateFiles(store, "certFile" in tls ? [tls] : tls, {
      intervalMs,
      clock,
      onError: ({ message }) => {
        logger.error("certificate not renewed, the old one stays", { service, problem: message });
      },
      onReload: ({ fingerprint, validTo }, { certFile }) => {
        const until = new Date(validTo).toISOString();
        logger.info("certificate renewed", { service, file: certFile, until, fingerprint });
      },
    });
    this.#followed.push(followed);
    return store;
  }

  /** Looks at all files now, and gives how many certificates were exchanged. */
  async check(): Promise<number> {
    const counts = await Promise.all(this.#followed.map((files) => files.check()));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  [Symbol.dispose](): void {
    for (const files of this.#followed.splice(0)) files[Symbol.dispose]();
  }
}
