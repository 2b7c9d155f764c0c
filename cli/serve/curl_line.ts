import { X509Certificate } from "node:crypto";

/** Options of {@linkcode curlLine}. */
export interface CurlLineOptions {
  /** The certificate of the listener, as PEM text. */
  readonly cert?: string;
}

/**
 * A line to try a listener with.
 *
 * @param url as `Listener.url` gives it
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { curlLine } from "@pingo/pingo/cli";
 *
 * assertEquals(curlLine("http://localhost:8080"), "curl -i http://localhost:8080/");
 * assertEquals(
 *   curlLine("unix:/run/x.sock"),
 *   "curl -i --unix-socket /run/x.sock http://localhost/",
 * );
 * ```
 */
export function curlLine(url: string, options: CurlLineOptions = {}): string {
  const { cert } = options;
  if (url.startsWith("unix:")) {
    return `curl -i --unix-socket ${quote(url.slice("unix:".length))} http://localhost/`;
  }
  return `curl -i ${cert !== undefined && isSelfSigned(cert) ? "-k " : ""}${quote(`${url}/`)}`;
}

function isSelfSigned(pem: string): boolean {
  try {
    const { issuer, subject } = new X509Certificate(pem);
    return issuer === subject;
  } catch {
    // What the listener takes and this does not understand is no reason to fail.
    return false;
  }
}

/** As a shell reads it. */
function quote(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
