/**
 * The certificates of TLS listeners: {@linkcode CertificateStore} chooses one by the name that a client asks
 * for, {@linkcode loadCertificateFiles} keeps it in step with files.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { CertificateStore } from "@pingo/pingo/core";
 *
 * const store = new CertificateStore();
 * let changes = 0;
 * store.onChange(() => changes++);
 * assertEquals([store.certificates, store.default, changes], [[], null, 0]);
 * ```
 *
 * @module
 */
export { type Certificate, type CertificateInit, readCertificate } from "./certificate.ts";
export { CertificateError } from "./certificate_error.ts";
export {
  type AddCertificateOptions,
  CertificateStore,
  type CertificateStoreOptions,
} from "./certificate_store.ts";
export {
  type CertificateFile,
  type CertificateFiles,
  type CertificateFilesOptions,
  loadCertificateFiles,
} from "./certificate_files.ts";
