import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  CertificateError,
  type CertificateFile,
  CertificateStore,
  loadCertificateFiles,
} from "../../../core/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { a, b, renewedA } from "./_certificates.ts";

/** A folder with the files of certificates. */
class Folder implements AsyncDisposable {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Writes one file as programs for it do: beside, then in its place. */
  async write(name: string, text: string): Promise<void> {
    await Deno.writeTextFile(`${this.path}/.new`, text);
    await Deno.rename(`${this.path}/.new`, `${this.path}/${name}`);
  }

  async put(name: string, { cert, key }: typeof a): Promise<CertificateFile> {
    await this.write(`${name}.crt`, cert);
    await this.write(`${name}.key`, key);
    return { certFile: `${this.path}/${name}.crt`, keyFile: `${this.path}/${name}.key` };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

const newFolder = async () => new Folder(await Deno.makeTempDir());

Deno.test("loadCertificateFiles() puts files into the store, with their names and the default", async () => {
  await using folder = await newFolder();
  const first = await folder.put("a", a);
  const second = { ...await folder.put("b", b), names: ["c.test"], isDefault: true };
  const store = new CertificateStore();
  using _files = await loadCertificateFiles(store, [first, second]);
  assertEquals(store.certificates.map(({ names }) => names), [["a.test", "*.a.test"], ["c.test"]]);
  assertEquals(store.default?.names, ["c.test"]);
});

Deno.test("loadCertificateFiles() takes certificate and key from one file", async () => {
  await using folder = await newFolder();
  await folder.write("both.pem", a.key + a.cert);
  const store = new CertificateStore();
  const path = `${folder.path}/both.pem`;
  using _files = await loadCertificateFiles(store, [{ certFile: path, keyFile: path }]);
  assertEquals({ cert: store.default?.cert, key: store.default?.key }, a);
});

Deno.test("loadCertificateFiles() rejects and leaves the store alone when one file is of no use", async () => {
  await using folder = await newFolder();
  const good = await folder.put("a", a);
  const store = new CertificateStore();
  const missing = { certFile: `${folder.path}/x`, keyFile: good.keyFile };
  await assertRejects(
    () => loadCertificateFiles(store, [good, missing]),
    CertificateError,
    `Cannot use ${folder.path}/x: the file cannot be read`,
  );
  const mixed = { certFile: good.certFile, keyFile: (await folder.put("b", b)).keyFile };
  await assertRejects(
    () => loadCertificateFiles(store, [good, mixed]),
    CertificateError,
    `Cannot use ${mixed.certFile} with ${mixed.keyFile}: the key belongs to another one`,
  );
  assertEquals(store.certificates, []);
});

Deno.test("CertificateFiles.check() exchanges what has changed, and nothing else", async () => {
  await using folder = await newFolder();
  const pair = [await folder.put("a", a), await folder.put("b", b)];
  const store = new CertificateStore();
  const reloads: string[] = [];
  using files = await loadCertificateFiles(store, pair, {
    onReload: (certificate, file) => reloads.push(`${certificate.names[0]} ${file.certFile}`),
  });
  assertEquals(await files.check(), 0);
  const [old, other] = store.certificates;
  await folder.put("a", renewedA);
  assertEquals(await files.check(), 1);
  const [renewed, same] = store.certificates;
  assert(renewed.fingerprint !== old.fingerprint && same === other);
  assertEquals(reloads, [`a.test ${pair[0].certFile}`]);
  assertEquals(await files.check(), 0);
});

Deno.test("CertificateFiles.check() follows a link that points elsewhere", async () => {
  await using folder = await newFolder();
  await folder.put("one", a);
  await folder.put("two", renewedA);
  const link = `${folder.path}/live`;
  await Deno.symlink(`${folder.path}/one.crt`, link);
  const store = new CertificateStore();
  await Deno.symlink(`${folder.path}/one.key`, `${link}.key`);
  using files = await loadCertificateFiles(store, [{ certFile: link, keyFile: `${link}.key` }]);
  for (const end of ["crt", "key"]) {
    const name = end === "crt" ? link : `${link}.key`;
    await Deno.remove(name);
    await Deno.symlink(`${folder.path}/two.${end}`, name);
  }
  assertEquals(await files.check(), 1);
  assertEquals(store.default?.cert, renewedA.cert);
});

Deno.test("CertificateFiles.check() waits for the key, and says once that it is missing", async () => {
  await using folder = await newFolder();
  const file = await folder.put("a", a);
  const store = new CertificateStore();
  const errors: string[] = [];
  using files = await loadCertificateFiles(store, [file], {
    onError: (error) => errors.push(error.message),
  });
  await folder.write("a.crt", renewedA.cert);
  assertEquals([await files.check(), await files.check()], [0, 0]);
  assertEquals(errors, [
    `Cannot use ${file.certFile} with ${file.keyFile}: the key belongs to another one`,
  ]);
  assertEquals(store.default?.cert, a.cert);
  await folder.write("a.key", renewedA.key);
  assertEquals(await files.check(), 1);
  assertEquals(store.default?.cert, renewedA.cert);
});

Deno.test("CertificateFiles.check() looks again when a look is under way", async () => {
  await using folder = await newFolder();
  const file = await folder.put("a", a);
  const store = new CertificateStore();
  using files = await loadCertificateFiles(store, [file]);
  const early = files.check();
  await folder.put("a", renewedA);
  await Promise.all([early, files.check(), files.check()]);
  assertEquals(store.default?.cert, renewedA.cert);
});

Deno.test("CertificateFiles.check() keeps a certificate whose file is gone, and says so once", async () => {
  await using folder = await newFolder();
  const file = await folder.put("a", a);
  const store = new CertificateStore();
  const errors: string[] = [];
  using files = await loadCertificateFiles(store, [file], {
    onError: (error) => errors.push(error.message),
  });
  await Deno.remove(file.certFile);
  assertEquals([await files.check(), await files.check()], [0, 0]);
  assertEquals(errors, [`Cannot use ${file.certFile}: the file cannot be read`]);
  assertEquals(store.default?.cert, a.cert);
  await Deno.mkdir(file.certFile);
  assertEquals([await files.check(), await files.check()], [0, 0]);
  assertEquals(errors.slice(1), [`Cannot use ${file.certFile}: it is no file`]);
});

const noFiles: [name: string, make: (path: string) => Promise<unknown>, problem: string][] = [
  ["a folder", (path) => Deno.mkdir(path), "it is no file"],
  ["a pipe, which would be waited for", makePipe, "it is no file"],
  ["endless", (path) => Deno.symlink("/dev/zero", path), "it is no file"],
  ["larger than any certificate", makeLarge, "it has more than 1,048,576 bytes"],
];
for (const [name, make, problem] of noFiles) {
  Deno.test({
    name:
      `CertificateFiles.check() keeps a certificate in whose place there is something that is ${name}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using folder = await newFolder();
      const file = await folder.put("a", a);
      const store = new CertificateStore();
      const errors: string[] = [];
      using files = await loadCertificateFiles(store, [file], {
        onError: (error) => errors.push(error.message),
      });
      await Deno.remove(file.keyFile);
      await make(file.keyFile);
      assertEquals([await files.check(), await files.check()], [0, 0]);
      assertEquals(errors, [`Cannot use ${file.keyFile}: ${problem}`]);
      assertEquals(store.default?.cert, a.cert);
      await assertRejects(
        () => loadCertificateFiles(new CertificateStore(), [file]),
        CertificateError,
        problem,
      );
      await Deno.remove(file.keyFile);
      await folder.put("a", renewedA);
      assertEquals(await files.check(), 1);
    },
  });
}

async function makePipe(path: string): Promise<void> {
  await new Deno.Command("mkfifo", { args: [path] }).output();
}

async function makeLarge(path: string): Promise<void> {
  await Deno.writeTextFile(path, a.key);
  await Deno.truncate(path, 1_048_577);
}

Deno.test("CertificateFiles.check() does not bring back a certificate that was removed", async () => {
  await using folder = await newFolder();
  const file = await folder.put("a", a);
  const store = new CertificateStore();
  using files = await loadCertificateFiles(store, [file]);
  store.remove(store.certificates[0]);
  await folder.put("a", renewedA);
  assertEquals(await files.check(), 0);
  assertEquals(store.certificates, []);
});

Deno.test("loadCertificateFiles() looks every intervalMs, until it is disposed of", async () => {
  await using folder = await newFolder();
  const file = await folder.put("a", a);
  const clock = new FakeClock();
  const store = new CertificateStore();
  let reloaded = Promise.withResolvers<void>();
  const files = await loadCertificateFiles(store, [file], {
    clock,
    intervalMs: 500,
    onReload: () => reloaded.resolve(),
  });
  await folder.put("a", renewedA);
  clock.advance(499);
  assertEquals(clock.timerCount, 1);
  clock.advance(1);
  await reloaded.promise;
  assertEquals(store.default?.cert, renewedA.cert);
  // It goes on.
  reloaded = Promise.withResolvers();
  await files.check();
  await folder.put("a", a);
  clock.advance(500);
  await reloaded.promise;
  await files.check();
  files[Symbol.dispose]();
  assertEquals(clock.timerCount, 0);
});

Deno.test("loadCertificateFiles() never looks by itself when intervalMs is Infinity", async () => {
  await using folder = await newFolder();
  const clock = new FakeClock();
  const file = await folder.put("a", a);
  using _files = await loadCertificateFiles(new CertificateStore(), [file], {
    clock,
    intervalMs: Infinity,
  });
  assertEquals(clock.timerCount, 0);
});

for (const intervalMs of [0, -1, NaN]) {
  Deno.test(`loadCertificateFiles() rejects when intervalMs is ${intervalMs}`, async () => {
    const load = () => loadCertificateFiles(new CertificateStore(), [], { intervalMs });
    await assertRejects(load, RangeError, "intervalMs");
  });
}
