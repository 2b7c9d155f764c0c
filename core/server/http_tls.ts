import type { ListenTls } from "../listen/mod.ts";
import type { CertificateFile, CertificateStore } from "../tls/mod.ts";

/**
 * What an address with TLS shows: one certificate as text, those of a store, or those of files, which the
 * service loads when it starts and follows until it stops.
 */
export type HttpTls = ListenTls | CertificateStore | CertificateFile | readonly CertificateFile[];
