import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import {
  type CertificateFile,
  CertificateStore,
  type HttpListenOptions,
  HttpService,
  type HttpTls,
  reply,
  Server,
  ServiceError,
} from "../../../core/mod.ts";
import { a, b, renewedA } from "../tls/_certificates.ts";
import { CertificateFolder, TlsClient, untilShown } from "./_certificate_folder.ts";
import { recordingLogger } from "./_recorder.ts";

const FAST: HttpListenOptions = { certificateIntervalMs: 10 };

async function serve(tls: HttpTls, options?: HttpListenOptions) {
  const lines: string[] = [];
  const told: string[] = [];
  const service = new HttpService("api", () => reply(200, "hello"))
    .addTls("127.0.0.1:0", tls, options);
  const server = new Server({
    logger: {
      ...recordingLogger(lines),
      error: (message, fields) => void told.push(`${message}: ${fields?.problem}`),
    },
  });
  await server.addService(service).start();
  return { service, listener: service.listeners[0], lines, told, server };
}

Deno.test("HttpService shows a renewed certificate to new clients, and goes on with those it has", async () => {
  await using folder = await CertificateFolder.with(a);
  const { listener, server, lines } = await serve(folder, FAST);
  await using _server = server;
  await using early = await TlsClient.connect(listener);
  assertEquals(early.shown, "a");
  assertStringIncludes(await early.ask(), "HTTP/1.1 200 OK");
  await folder.swap(renewedA);
  await untilShown(listener, "a renewed");
  assertStringIncludes(await early.ask(), "hello");
  assert(lines.includes("info certificate renewed"));
  await using late = await TlsClient.connect(listener);
  assertStringIncludes(await late.ask(), "hello");
});

Deno.test("HttpService keeps a certificate while its files do not fit, and says so once", async () => {
  await using folder = await CertificateFolder.with(a);
  const { service, listener, server, told } = await serve(folder, {
    certificateIntervalMs: Infinity,
  });
  await using _server = server;
  await folder.rename(folder.certFile, renewedA.cert);
  for (let i = 0; i < 3; i++) await service.reload?.();
  await untilShown(listener, "a");
  assertEquals(told, [
    `certificate not renewed, the old one stays: Cannot use ${folder.certFile} with ` +
    `${folder.keyFile}: the key belongs to another one`,
  ]);
  await folder.rename(folder.keyFile, renewedA.key);
  await service.reload?.();
  await untilShown(listener, "a renewed");
  assertEquals(told.length, 1);
});

const broken: [name: string, text: string, problem: string][] = [
  ["empty", "", "there is no PEM certificate in it"],
  ["half-written", renewedA.cert.slice(0, 300), "there is no PEM certificate in it"],
  ["mangled", renewedA.cert.replace(/\n[^-]{64}\n/, "\n"), "number 1 is malformed"],
];
for (const [name, text, problem] of broken) {
  Deno.test(`HttpService keeps a certificate when the new file is ${name}`, async () => {
    await using folder = await CertificateFolder.with(a);
    const { service, listener, server, told } = await serve(folder);
    await using _server = server;
    await folder.rename(folder.certFile, text);
    await service.reload?.();
    await untilShown(listener, "a");
    assertEquals(told.length, 1);
    assertStringIncludes(told[0], problem);
  });
}

Deno.test("HttpService shows certificates of several files by name", async () => {
  await using one = await CertificateFolder.with(b);
  await using two = await CertificateFolder.with(a);
  const files: readonly CertificateFile[] = [one, two];
  const { listener, server } = await serve(files);
  await using _server = server;
  await untilShown(listener, "a");
});

Deno.test("HttpService takes a store, which its owner changes", async () => {
  const store = new CertificateStore();
  const old = store.add(a);
  const { listener, server, service } = await serve(store);
  await using _server = server;
  assertEquals(service.reload, undefined);
  await untilShown(listener, "a");
  store.replace(old, renewedA);
  await untilShown(listener, "a renewed");
});

Deno.test("HttpService does not start when a certificate cannot be used, and names the file", async () => {
  await using folder = await CertificateFolder.with({ cert: a.cert, key: b.key });
  const error = await assertRejects(() => serve(folder), ServiceError);
  assertStringIncludes(error.message, `Cannot use ${folder.certFile} with ${folder.keyFile}: `);
});

Deno.test("HttpService refuses to look at certificates every 0 ms", () => {
  const options = { certificateIntervalMs: 0 };
  const make = () => new HttpService("api", () => reply(200), options);
  assertThrows(make, RangeError, "certificateIntervalMs 0 is not above 0");
  const service = new HttpService("api", () => reply(200));
  assertThrows(() => service.addTls(":0", a, options), RangeError, "certificateIntervalMs 0");
});
