import { type Clock, systemClock } from "../../timeout/mod.ts";
import { type Certificate, readCertificate } from "./certificate.ts";
import { CertificateError } from "./certificate_error.ts";
import type { CertificateStore } from "./certificate_store.ts";

/** Where a certificate and its key lie. */
export interface CertificateFile {
  /** The file with the certificate and those between it and the root. */
  readonly certFile: string;
  /** The file with the key; it may be the same. */
  readonly keyFile: string;
  /**
   * The names to show it for.
   *
   * @default the host names that the certificate is for
   */
  readonly names?: readonly string[];
  /**
   * Shows it where no other one fits.
   *
   * @default {false}
   */
  readonly isDefault?: boolean;
}

/** Options of {@linkcode loadCertificateFiles}. */
export interface CertificateFilesOptions {
  /**
   * How often the files are looked at; `Infinity` for never.
   *
   * @default {60000}
   */
  intervalMs?: number;
  /**
   * The clock of the looking.
   *
   * @default {systemClock}
   */
  clock?: Clock;
  /** Hears of files that have changed and cannot be used, once for each change; the old ones stay. */
  onError?: (error: CertificateError, file: CertificateFile) => void;
  /** Hears of certificates that have been exchanged. */
  onReload?: (certificate: Certificate, file: CertificateFile) => void;
}

/** More than any chain has. */
const MAX_BYTES = 1_048_576;

/** One pair of files. */
interface Watched {
  readonly file: CertificateFile;
  certificate: Certificate;
  /** Tells whether the files are those that were read last. */
  version: string;
  /** The version that could not be used. */
  failed: string;
}

/** Files whose certificates are in a store, as {@linkcode loadCertificateFiles} gives them. */
export interface CertificateFiles extends Disposable {
  /**
   * Looks at the files now, as for a SIGHUP; after a look that is under way, which may have missed something.
   *
   * @returns how many certificates were exchanged
   */
  check(): Promise<number>;
  /** Ends the looking; the certificates stay. */
  [Symbol.dispose](): void;
}

/**
 * Loads certificates from files into a store, and exchanges them when the files change: it looks at their
 * times, because programs that renew certificates move files, links and whole folders. A certificate whose
 * key has not come yet is left alone until it has. Pipes and devices are not read, nor more than a mebibyte.
 *
 * @throws {CertificateError} when files cannot be read or used at the start; then the store is as before
 * @throws {RangeError} when `intervalMs` is not above 0
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { CertificateError, CertificateStore, loadCertificateFiles } from "@pingo/pingo/core";
 *
 * const files = [{ certFile: "/nowhere/fullchain.pem", keyFile: "/nowhere/privkey.pem" }];
 * const load = () => loadCertificateFiles(new CertificateStore(), files);
 * await assertRejects(load, CertificateError, "Cannot use /nowhere/fullchain.pem");
 * ```
 */
export async function loadCertificateFiles(
  store: CertificateStore,
  files: readonly CertificateFile[],
  options: CertificateFilesOptions = {},
): Promise<CertificateFiles> {
  const { intervalMs = 60_000 } = options;
  if (!(intervalMs > 0)) {
    throw new RangeError(`Cannot load certificates: intervalMs ${intervalMs} is not above 0`);
  }
  const watched: Watched[] = [];
  try {
    for (const file of files) {
      const version = await versionOf(file);
      const certificate = store.add(await read(file), file);
      watched.push({ file, certificate, version, failed: "" });
    }
  } catch (error) {
    for (const { certificate } of watched) store.remove(certificate);
    throw error;
  }
  return new Watch(store, watched, { ...options, intervalMs });
}

class Watch implements CertificateFiles {
  readonly #store: CertificateStore;
  readonly #watched: readonly Watched[];
  readonly #options: CertificateFilesOptions & { intervalMs: number };
  #cancelTimer: () => void = () => {};
  #running: Promise<number> | null = null;
  #isOver = false;

  constructor(
    store: CertificateStore,
    watched: readonly Watched[],
    options: CertificateFilesOptions & { intervalMs: number },
  ) {
    this.#store = store;
    this.#watched = watched;
    this.#options = options;
    this.#arm();
  }

  async check(): Promise<number> {
    await this.#running;
    return await (this.#running ??= this.#check().finally(() => {
      this.#running = null;
    }));
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#cancelTimer();
  }

  #arm(): void {
    const { intervalMs, clock = systemClock } = this.#options;
    if (this.#isOver || intervalMs === Infinity) return;
    const look = (): void => {
      this.check().then(() => this.#arm());
    };
    this.#cancelTimer = clock.setTimer(look, intervalMs, { keepAlive: false });
  }

  async #check(): Promise<number> {
    let reloaded = 0;
    for (const each of this.#watched) {
      if (await this.#reload(each)) reloaded++;
    }
    return reloaded;
  }

  async #reload(watched: Watched): Promise<boolean> {
    const { file, certificate } = watched;
    const { onError, onReload } = this.#options;
    let version = "";
    try {
      version = await versionOf(file);
      if (version === watched.version) {
        watched.failed = "";
        return false;
      }
      const renewed = await read(file);
      // Somebody may have removed it from the store: then it is not wanted any more.
      if (this.#isOver || !this.#store.certificates.includes(certificate)) return false;
      watched.certificate = this.#store.replace(certificate, renewed);
      watched.version = version;
      watched.failed = "";
    } catch (error) {
      // What cannot even be looked at is told apart by what is said of it.
      const failed = version === "" ? String(error) : version;
      if (watched.failed !== failed && error instanceof CertificateError) onError?.(error, file);
      watched.failed = failed;
      return false;
    }
    onReload?.(watched.certificate, file);
    return true;
  }
}

/** A text that is another one when a file is; links are followed. */
async function versionOf({ certFile, keyFile }: CertificateFile): Promise<string> {
  const parts = [];
  for (const path of [certFile, keyFile]) {
    let info: Deno.FileInfo;
    try {
      info = await Deno.stat(path);
    } catch (cause) {
      throw new CertificateError(path, "the file cannot be read", { cause });
    }
    const { isFile, dev, ino, size, mtime, ctime } = info;
    // A pipe that nobody writes to would be waited for until the end, a device read without one.
    if (!isFile) throw new CertificateError(path, "it is no file");
    if (size > MAX_BYTES) throw new CertificateError(path, "it has more than 1,048,576 bytes");
    parts.push(dev, ino, size, mtime?.getTime(), ctime?.getTime());
  }
  return parts.join(" ");
}

async function read({ certFile, keyFile, names }: CertificateFile): Promise<Certificate> {
  const subject = certFile === keyFile ? certFile : `${certFile} with ${keyFile}`;
  let texts: readonly [cert: string, key: string];
  try {
    texts = await Promise.all([Deno.readTextFile(certFile), Deno.readTextFile(keyFile)]);
  } catch (cause) {
    throw new CertificateError(subject, "a file cannot be read", { cause });
  }
  const [cert, key] = texts;
  return readCertificate({ cert, key, ...(names && { names }) }, subject);
}
