import { testTls } from "../core/listen/_certificate.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

/** PEM files as CERT and KEY want them. */
export interface CertificateFiles extends AsyncDisposable {
  readonly cert: string;
  readonly key: string;
  readonly root: string;
}

/** The certificate of the tests as files: for localhost, self-signed. */
export async function certificateFiles(): Promise<CertificateFiles> {
  const files: TempProject = await tempProject({
    "cert.pem": testTls.cert,
    "key.pem": testTls.key,
  });
  return {
    cert: `${files.root}/cert.pem`,
    key: `${files.root}/key.pem`,
    root: files.root,
    [Symbol.asyncDispose]: () => files[Symbol.asyncDispose](),
  };
}
