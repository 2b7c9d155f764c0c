import { wildcardOf } from "./_server_name.ts";
import { type Certificate, type CertificateInit, readCertificate } from "./certificate.ts";

/** Options of {@linkcode CertificateStore}. */
export interface CertificateStoreOptions {
  /**
   * What a client gets that asks for a name that no certificate has: the default certificate, which it
   * will refuse with a page that says why, or the end of the handshake. A client that asks for no name
   * gets the default one in both cases.
   *
   * @default {"default"}
   */
  unknownNames?: "default" | "refuse";
}

/** Options of {@linkcode CertificateStore.add}. */
export interface AddCertificateOptions {
  /**
   * Shows it where no other one fits. Without, that is the first that was added.
   *
   * @default {false}
   */
  isDefault?: boolean;
}

/**
 * The certificates of a TLS listener, chosen by the name that a client asks for (SNI): the one with exactly
 * this name, else the one with a star in place of the first label, else the default one. Of two with the
 * same name it is the one that was added last, so that a renewed one can be added before the old one is
 * removed.
 *
 * It may change at any time; a listener follows within milliseconds, see `tls` of `ListenOptions`.
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { CertificateError, CertificateStore } from "@pingo/pingo/core";
 *
 * const store = new CertificateStore({ unknownNames: "refuse" });
 * assertEquals(store.select("example.com"), null);
 * assertThrows(() => store.add({ cert: "", key: "" }), CertificateError);
 * ```
 */
export class CertificateStore {
  readonly #refusesUnknown: boolean;
  readonly #certificates: Certificate[] = [];
  /** The certificates of each name, the one to show last. */
  readonly #byName = new Map<string, Certificate[]>();
  readonly #listeners = new Set<() => void>();
  #chosenDefault: Certificate | null = null;

  /**
   * An empty store.
   *
   * @throws {RangeError} when `unknownNames` is neither of the two
   */
  constructor(options: CertificateStoreOptions = {}) {
    const { unknownNames = "default" } = options;
    if (unknownNames !== "default" && unknownNames !== "refuse") {
      throw new RangeError(
        `Cannot create CertificateStore: unknownNames ${JSON.stringify(unknownNames)} is unknown`,
      );
    }
    this.#refusesUnknown = unknownNames === "refuse";
  }

  /** The certificates, in the order in which they came. */
  get certificates(): readonly Certificate[] {
    return [...this.#certificates];
  }

  /** The certificate for clients that ask for no name; null when the store is empty. */
  get default(): Certificate | null {
    return this.#chosenDefault ?? this.#certificates[0] ?? null;
  }

  /** Whether every client gets the default certificate, whatever it asks for. */
  get hasOneAnswer(): boolean {
    return this.#certificates.length === 1 && !this.#refusesUnknown;
  }

  /**
   * Adds a certificate, which may be one that {@linkcode readCertificate} gave.
   *
   * @throws {CertificateError} when it is malformed, or the key is not its own
   * @throws {TypeError} when one of `names` is no host name
   */
  add(init: CertificateInit | Certificate, options: AddCertificateOptions = {}): Certificate {
    const certificate = asRead(init);
    this.#insert(certificate, this.#certificates.length);
    if (options.isDefault) this.#chosenDefault = certificate;
    this.#changed();
    return certificate;
  }

  /**
   * Puts a certificate in the place of another one, in one step.
   *
   * @throws {TypeError} when `old` is not in the store, or one of `names` is no host name
   * @throws {CertificateError} when the new one is malformed, or the key is not its own
   */
  replace(old: Certificate, init: CertificateInit | Certificate): Certificate {
    const at = this.#certificates.indexOf(old);
    if (at < 0) throw new TypeError("Cannot replace a certificate: it is not in the store");
    const certificate = asRead(init);
    this.#remove(old, at);
    this.#insert(certificate, at);
    if (this.#chosenDefault === old) this.#chosenDefault = certificate;
    this.#changed();
    return certificate;
  }

  /** Removes a certificate; false when it is not there. */
  remove(certificate: Certificate): boolean {
    const at = this.#certificates.indexOf(certificate);
    if (at < 0) return false;
    this.#remove(certificate, at);
    if (this.#chosenDefault === certificate) this.#chosenDefault = null;
    this.#changed();
    return true;
  }

  /**
   * The certificate for a client.
   *
   * @param serverName the name that it asks for, in small letters; empty when it asks for none
   * @returns null when the handshake is to end
   */
  select(serverName: string): Certificate | null {
    if (serverName === "") return this.default;
    const exact = this.#byName.get(serverName)?.at(-1);
    if (exact !== undefined) return exact;
    const wildcard = wildcardOf(serverName);
    const matching = wildcard === null ? undefined : this.#byName.get(wildcard)?.at(-1);
    return matching ?? (this.#refusesUnknown ? null : this.default);
  }

  /** Calls `fn` after every change; gives the function that ends this. */
  onChange(fn: () => void): () => void {
    const listener = () => fn();
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #insert(certificate: Certificate, at: number): void {
    this.#certificates.splice(at, 0, certificate);
    for (const name of certificate.names) {
      const known = this.#byName.get(name);
      if (known === undefined) this.#byName.set(name, [certificate]);
      else known.push(certificate);
    }
  }

  #remove(certificate: Certificate, at: number): void {
    this.#certificates.splice(at, 1);
    for (const name of certificate.names) {
      const left = this.#byName.get(name)?.filter((other) => other !== certificate) ?? [];
      if (left.length === 0) this.#byName.delete(name);
      else this.#byName.set(name, left);
    }
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function asRead(init: CertificateInit | Certificate): Certificate {
  return "fingerprint" in init ? init : readCertificate(init);
}
