/** Certificates that openssl has made for one test file. */
export interface Pki extends AsyncDisposable {
  /** The authority's certificate. */
  readonly ca: string;
  /** A certificate that it has signed. */
  issue(options: IssueOptions): Promise<{ cert: string; key: string }>;
}

/** What {@linkcode Pki.issue} puts into a certificate. */
export interface IssueOptions {
  /** Its subject. */
  name: string;
  /** As openssl writes it, such as `DNS:app.test` or `IP:127.0.0.1`. */
  altName: string;
  /** Whether it has run out. */
  isExpired?: boolean;
}

/** Makes an authority in a folder of its own. */
export async function makePki(): Promise<Pki> {
  const folder = await Deno.makeTempDir();
  const path = (name: string) => `${folder}/${name}`;
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const authority = ["-keyout", path("ca.key"), "-out", path("ca.pem")];
  await openssl("req", "-x509", ...curve, ...authority, "-days", "2", "-subj", "/CN=Test CA");
  let serial = 0;
  return {
    ca: await Deno.readTextFile(path("ca.pem")),
    async issue({ name, altName, isExpired = false }) {
      const id = String(++serial);
      const [key, request, cert, extensions] = ["key", "csr", "pem", "ext"].map((end) =>
        path(`${id}.${end}`)
      );
      await openssl("req", ...curve, "-keyout", key, "-out", request, "-subj", `/CN=${name}`);
      await Deno.writeTextFile(extensions, `subjectAltName=${altName}\n`);
      const signer = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-set_serial", id];
      const files = ["-in", request, "-out", cert, "-extfile", extensions];
      await openssl("x509", "-req", ...signer, ...files, "-days", isExpired ? "-1" : "2");
      return { cert: await Deno.readTextFile(cert), key: await Deno.readTextFile(key) };
    },
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, stderr: "piped" }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
