import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import tls from "node:tls";
import {
  CertificateStore,
  type Handler,
  listen,
  type Listener,
  loadCertificateFiles,
  reply,
} from "../../../core/mod.ts";
import { needs } from "../../support/needs.ts";
import { run } from "../listen/_run.ts";
import { a, b, renewedA } from "./_certificates.ts";

const hello: Handler = () => reply(200, "hello\n");

function portOf({ address }: Listener): number {
  assert(address.transport === "tcp");
  return address.port;
}

function storeOf(...inits: (typeof a)[]): CertificateStore {
  const store = new CertificateStore();
  for (const init of inits) store.add(init);
  return store;
}

const serve = (store: CertificateStore, handler = hello) =>
  listen({ address: "127.0.0.1:0", tls: store }, handler);

/** A client's connection, and the name of the certificate that it was shown. */
async function connect(listener: Listener, servername: string) {
  const socket = tls.connect({
    ...{ host: "127.0.0.1", port: portOf(listener), rejectUnauthorized: false },
    ...servername !== "" && { servername },
  });
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
  });
  return {
    socket,
    shown: String(socket.getPeerCertificate().subject.CN),
    async [Symbol.asyncDispose]() {
      socket.destroy();
      await closed;
    },
  };
}

/** The name of the certificate that a client is shown. */
async function shown(listener: Listener, servername: string): Promise<string> {
  await using connection = await connect(listener, servername);
  return connection.shown;
}

/** The same, once the listener has followed its store: until then it may refuse, or show the old one. */
async function shownSoon(listener: Listener, servername: string, expected: string): Promise<void> {
  for (const end = performance.now() + 5_000; performance.now() < end;) {
    if (await shown(listener, servername).catch(() => "") === expected) return;
  }
  assertEquals(await shown(listener, servername), expected);
}

const names = [["a.test", "a"], ["y.a.test", "a"], ["x.a.test", "b"], ["B.test", "b"], ["c", "a"]];
for (const [servername, expected] of names) {
  Deno.test(`listen() shows a client that asks for ${servername} certificate ${expected}`, async () => {
    await using listener = await serve(storeOf(a, b));
    assertEquals(await shown(listener, servername), expected);
    assertEquals(await shown(listener, servername), expected);
  });
}

Deno.test("listen() shows the default certificate to a client that asks for no name", async () => {
  const store = storeOf(a);
  store.add(b, { isDefault: true });
  await using listener = await serve(store);
  assertEquals(await shown(listener, ""), "b");
});

Deno.test("listen() ends the handshake for a name that the store refuses", async () => {
  const store = new CertificateStore({ unknownNames: "refuse" });
  store.add(a);
  await using listener = await serve(store);
  await assertRejects(() => shown(listener, "c.test"));
  assertEquals([await shown(listener, "a.test"), await shown(listener, "")], ["a", "a"]);
});

Deno.test({
  ...needs("curl", "listen() shows curl a certificate that it can verify, over both protocols"),
  fn: async () => {
    await using listener = await serve(storeOf(a, b));
    const ca = await Deno.makeTempFile();
    await Deno.writeTextFile(ca, a.cert + b.cert);
    for (const [host, version] of [["y.a.test", "1.1"], ["b.test", "2"]]) {
      const port = portOf(listener);
      const { stdout, stderr } = await run(
        ...["curl", "-sS", "--cacert", ca, `--http${version}`, "-w", "%{http_version}"] as const,
        ...["--resolve", `${host}:${port}:127.0.0.1`, `https://${host}:${port}/`],
      );
      assertEquals([stdout, stderr], [`hello\n${version}`, ""]);
    }
    await Deno.remove(ca);
  },
});

Deno.test({
  ...needs(
    "openssl",
    "listen() chooses by the -servername of openssl s_client, and asks for no certificate",
  ),
  fn: async () => {
    await using listener = await serve(storeOf(a, b));
    const target = `127.0.0.1:${portOf(listener)}`;
    for (const [option, subject] of [["-servername=b.test", "b"], ["-noservername", "a"]]) {
      const { stdout } = await run("openssl", "s_client", "-connect", target, ...option.split("="));
      assertStringIncludes(stdout, `subject=CN = ${subject}`);
      assertStringIncludes(stdout, "No client certificate CA names sent");
    }
  },
});

for (
  const [count, store, again] of [["one", storeOf(a), "Reused"], [
    "two",
    storeOf(a, b),
    "New",
  ]] as const
) {
  Deno.test({
    // When the second case fails, Deno can do more, and the docs of `tls` are to be changed.
    ...needs(
      "openssl",
      `listen() begins a ${again} TLS session with a store of ${count} when a client comes again`,
    ),
    fn: async () => {
      await using listener = await serve(store);
      const session = await Deno.makeTempFile();
      const target = `127.0.0.1:${portOf(listener)}`;
      const client = ["s_client", "-connect", target, "-servername", "a.test", "-tls1_2"];
      await run("openssl", ...client, "-sess_out", session);
      const { stdout } = await run("openssl", ...client, "-sess_in", session);
      assertStringIncludes(stdout, `\n${again}, TLSv1.2`);
      await Deno.remove(session);
    },
  });
}

Deno.test("listen() follows a store that gets a second certificate", async () => {
  const store = storeOf(a);
  await using listener = await serve(store);
  assertEquals(await shown(listener, "b.test"), "a");
  store.add(b);
  await shownSoon(listener, "b.test", "b");
  assertEquals(await shown(listener, "a.test"), "a");
});

Deno.test("listen() follows a store whose only certificate is renewed", async () => {
  const store = storeOf(a);
  await using listener = await serve(store);
  assertEquals(await shown(listener, "a.test"), "a");
  store.replace(store.certificates[0], renewedA);
  await shownSoon(listener, "a.test", "a renewed");
});

Deno.test("listen() follows a store for names that were asked for before", async () => {
  const store = storeOf(a, b);
  await using listener = await serve(store);
  assertEquals([await shown(listener, "y.a.test"), await shown(listener, "b.test")], ["a", "b"]);
  store.replace(store.certificates[0], renewedA);
  await shownSoon(listener, "y.a.test", "a renewed");
  assertEquals(await shown(listener, "b.test"), "b");
  store.remove(store.certificates[1]);
  await shownSoon(listener, "b.test", "a renewed");
});

Deno.test("listen() keeps its socket when nobody has asked for the names that have changed", async () => {
  const store = storeOf(a);
  store.add({ ...b, names: ["other.test"] });
  await using listener = await serve(store);
  assertEquals(await shown(listener, "a.test"), "a");
  // Were it closed now, one of these would fail.
  store.add({ ...b, names: ["c.test"] });
  const all = Array.from({ length: 20 }, (_, at) => shown(listener, at % 2 ? "c.test" : "a.test"));
  assertEquals(new Set(await Promise.all(all)), new Set(["a", "b"]));
});

Deno.test("listen() keeps connections and requests while it follows its store", async () => {
  const store = storeOf(a);
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  await using listener = await serve(store, async () => {
    entered.resolve();
    await gate.promise;
    return reply(200, "hello\n");
  });
  await using connection = await connect(listener, "a.test");
  connection.socket.write("GET / HTTP/1.1\r\nhost: a.test\r\n\r\n");
  await entered.promise;
  store.replace(store.certificates[0], renewedA);
  await shownSoon(listener, "a.test", "a renewed");
  const answer = new Promise<string>((resolve) =>
    connection.socket.once("data", (data) => resolve(String(data)))
  );
  gate.resolve();
  assertStringIncludes(await answer, "HTTP/1.1 200");
});

Deno.test("listen() stops in the middle of following its store", async () => {
  const store = storeOf(a);
  const listener = await serve(store);
  store.add(b);
  assertEquals(await listener.close(), { cut: 0 });
  // Nobody listens to the store any more.
  store.add(renewedA);
  await assertRejects(() => shown(listener, "a.test"));
});

Deno.test("listen() shows what has come into the files of its store", async () => {
  const folder = await Deno.makeTempDir();
  const file = { certFile: `${folder}/cert`, keyFile: `${folder}/key` };
  const put = async ({ cert, key }: typeof a): Promise<void> => {
    await Deno.writeTextFile(file.certFile, cert);
    await Deno.writeTextFile(file.keyFile, key);
  };
  await put(a);
  const store = new CertificateStore();
  using files = await loadCertificateFiles(store, [file], { intervalMs: 1 });
  await using listener = await serve(store);
  assertEquals(await shown(listener, "a.test"), "a");
  await put(renewedA);
  await shownSoon(listener, "a.test", "a renewed");
  files[Symbol.dispose]();
  await files.check();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("listen() follows one store with several listeners", async () => {
  const store = storeOf(a);
  await using first = await serve(store);
  await using second = await serve(store);
  store.replace(store.certificates[0], renewedA);
  await shownSoon(first, "a.test", "a renewed");
  await shownSoon(second, "a.test", "a renewed");
});

Deno.test("listen() rejects a store that is empty, and one on the deno engine", async () => {
  await assertRejects(
    () => serve(new CertificateStore()),
    TypeError,
    "no certificate in the store",
  );
  const options = { address: "127.0.0.1:0", tls: storeOf(a), engine: "deno" } as const;
  await assertRejects(() => listen(options, hello), TypeError, "the wire engine a store");
});
