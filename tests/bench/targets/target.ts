import type { Certificate } from "../certificate.ts";
import type { Launch } from "../process/child.ts";

/** Where a target gets its files and what it has to do. */
export interface Site {
  /** Folder for its files. */
  readonly folder: string;
  /** Port of 127.0.0.1 that it listens on. */
  readonly port: number;
  /** Port of 127.0.0.1 that the upstream listens on. */
  readonly upstreamPort: number;
  /** With one it listens with TLS. */
  readonly certificate: Certificate | null;
  /** How many files it may have open. */
  readonly maxFiles: number;
}

/** One of the proxies that are compared. */
export interface Target {
  /** Name in options and tables. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly title: string;
  /** Its version; throws where it is not installed and cannot be. */
  version(): Promise<string>;
  /** Writes its configuration, when it has one, and tells how to start it. */
  prepare(site: Site): Promise<Launch>;
}
