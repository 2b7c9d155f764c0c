import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { keyProblem } from "./_key_problem.ts";
import { normalName } from "./_server_name.ts";
import { CertificateError } from "./certificate_error.ts";

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g;
const PRIVATE_KEY = /-----BEGIN ([A-Z]+ )?PRIVATE KEY-----[^-]*-----END \1PRIVATE KEY-----/;

/** A certificate with its key, as text. */
export interface CertificateInit {
  /** The certificate and those between it and the root, as PEM text, the own one first. */
  readonly cert: string;
  /** The private key, as PEM text. */
  readonly key: string;
  /**
   * The names to show it for; `*.example.com` stands for one label.
   *
   * @default the host names that the certificate is for (subjectAltName)
   */
  readonly names?: readonly string[];
}

/** A certificate that has been looked at. */
export interface Certificate {
  /** The certificate and those between it and the root, as PEM text. */
  readonly cert: string;
  /** The private key, as PEM text. */
  readonly key: string;
  /** The names that it is shown for, in small letters. */
  readonly names: readonly string[];
  /** From when on it holds, in milliseconds since 1970. */
  readonly validFrom: number;
  /** Until when it holds, in milliseconds since 1970. */
  readonly validTo: number;
  /** SHA-256 of the certificate, in hexadecimal. */
  readonly fingerprint: string;
}

/**
 * Reads a certificate and its key, so that what cannot be used is told of now and not in a handshake.
 * Whether it has expired is not looked at: an old certificate is better than none.
 *
 * Host names come from the subjectAltName alone (RFC 9525 §2): the common name is no host name any more.
 * A certificate for addresses only has no names, as clients do not ask for an address by name.
 *
 * @param subject what the error's message calls it
 * @throws {CertificateError} when it is malformed, the key is not its own, or of a kind that Deno cannot use
 * @throws {TypeError} when one of `names` is no host name
 *
 * @example
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { readCertificate } from "@pingo/pingo/core";
 *
 * const init = { cert: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", key: "" };
 * assertThrows(() => readCertificate(init), Error, "Cannot use a certificate: number 1 is malformed");
 * ```
 */
export function readCertificate(init: CertificateInit, subject = "a certificate"): Certificate {
  const chain = init.cert.match(CERTIFICATE);
  if (chain === null) throw new CertificateError(subject, "there is no PEM certificate in it");
  // Both may stand in one text.
  const key = PRIVATE_KEY.exec(init.key)?.[0] ?? "";
  const [own] = readChain(chain, subject);
  const keyObject = readKey(key, subject);
  if (!own.checkPrivateKey(keyObject)) {
    throw new CertificateError(subject, "the key belongs to another one");
  }
  const problem = keyProblem(keyObject);
  if (problem !== "") throw new CertificateError(subject, problem);
  const names = init.names?.map(checkName) ?? namesOf(own);
  return {
    cert: `${chain.join("\n")}\n`,
    key: `${key}\n`,
    names: [...new Set(names)],
    validFrom: Date.parse(own.validFrom),
    validTo: Date.parse(own.validTo),
    fingerprint: own.fingerprint256.replaceAll(":", "").toLowerCase(),
  };
}

function readChain(blocks: readonly string[], subject: string): X509Certificate[] {
  return blocks.map((block, at) => {
    try {
      return new X509Certificate(block);
    } catch (cause) {
      throw new CertificateError(subject, `number ${at + 1} is malformed`, { cause });
    }
  });
}

function readKey(pem: string, subject: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new CertificateError(subject, "its key is no PEM private key", { cause });
  }
}

function namesOf({ subjectAltName }: X509Certificate): string[] {
  // An older certificate may have none.
  const entries = subjectAltName?.split(", ") ?? [];
  return entries.filter((entry) => entry.startsWith("DNS:"))
    .map((entry) => normalName(entry.slice(4)))
    .filter((name) => name !== null);
}

function checkName(text: string): string {
  const name = normalName(text);
  if (name === null) {
    throw new TypeError(
      `Cannot show a certificate for ${JSON.stringify(text)}: it is no host name`,
    );
  }
  return name;
}
