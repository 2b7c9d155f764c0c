import type { KeyObject } from "node:crypto";

const CURVES: ReadonlySet<string> = new Set(["prime256v1", "secp384r1", "secp521r1"]);

/**
 * Why Deno's TLS (rustls) cannot use a private key that is well-formed; empty when it can. A listener that is
 * given such a key does not open, which must not be found out when it exchanges its certificate.
 */
export function keyProblem(key: KeyObject): string {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "ed25519") return "";
  if (type === "ec") {
    const curve = details?.namedCurve ?? "unknown";
    return CURVES.has(curve)
      ? ""
      : `its key is on the curve ${curve}, TLS takes P-256, 384 and 521`;
  }
  if (type === "rsa") {
    const bits = details?.modulusLength ?? 0;
    return bits >= 2048 ? "" : `its RSA key has ${bits} bits, TLS takes 2048 and more`;
  }
  return `its key is of the kind ${type}, TLS takes RSA, ECDSA and Ed25519`;
}
