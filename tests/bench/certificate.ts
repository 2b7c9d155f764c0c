import { capture, findProgram } from "./process/programs.ts";

/** A certificate for 127.0.0.1 that signed itself. */
export interface Certificate {
  /** PEM file of the certificate. */
  readonly certFile: string;
  /** PEM file of the key. */
  readonly keyFile: string;
  /** PEM file of both, as HAProxy wants it. */
  readonly bundleFile: string;
  /** The certificate in PEM. */
  readonly pem: string;
}

/**
 * Makes a certificate. Its key is on P-256: with RSA the handshakes of a thousand connections would be a good part of
 * what a run of a few seconds measures.
 */
export async function createCertificate(folder: string): Promise<Certificate> {
  const certFile = `${folder}/cert.pem`;
  const keyFile = `${folder}/key.pem`;
  const bundleFile = `${folder}/bundle.pem`;
  await capture(await findProgram("openssl"), [
    ..."req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 7".split(" "),
    ..."-subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1".split(" "),
    // Rustls takes no certificate of an authority for that of a server.
    ...`-addext basicConstraints=critical,CA:FALSE -keyout ${keyFile} -out ${certFile}`.split(" "),
  ]);
  const pem = await Deno.readTextFile(certFile);
  await Deno.writeTextFile(bundleFile, pem + await Deno.readTextFile(keyFile));
  return { certFile, keyFile, bundleFile, pem };
}
