import { assert } from "@std/assert";
import { bodyFrom, CertificateStore, listen, type Listener, reply } from "../../../core/mod.ts";
import { testTls } from "./_certificate.ts";

const SIZE = 40_000;

/** How long responses take whose content comes in several writes, the middle of many. */
async function medianMs({ address }: Listener): Promise<number> {
  assert(address.transport === "tcp");
  const { port } = address;
  using client = await Deno.connectTls({
    hostname: "localhost",
    port,
    caCerts: [testTls.cert],
    alpnProtocols: ["http/1.1"],
  });
  const request = new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const bytes = new Uint8Array(65_536);
  const times: number[] = [];
  for (let i = 0; i < 21; i++) {
    const start = performance.now();
    await client.write(request);
    // The head's end is in the first piece; behind it come exactly so many bytes.
    let left = SIZE;
    for (let isInHead = true; left > 0;) {
      const count = await client.read(bytes);
      assert(count !== null, "the connection goes on");
      const headEnd = isInHead ? new TextDecoder().decode(bytes).indexOf("\r\n\r\n") + 4 : 0;
      isInHead = false;
      left -= count - headEnd;
    }
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b)[10];
}

const store = new CertificateStore();
store.add({ ...testTls, names: ["localhost"] });

for (
  const [name, engine, tls] of [
    ["wire", "wire", testTls],
    ["wire, store", "wire", store],
    ["deno", "deno", testTls],
  ] as const
) {
  Deno.test({
    name: `listen() (${name}) does not let Nagle's algorithm hold TLS responses back`,
    ignore: Deno.build.os !== "linux",
    fn: async () => {
      async function* pieces() {
        for (let i = 0; i < 4; i++) yield await Promise.resolve(new Uint8Array(SIZE / 4));
      }
      await using listener = await listen({ address: "127.0.0.1:0", engine, tls }, () => {
        return reply(200, bodyFrom(pieces()), { headers: { "content-length": String(SIZE) } });
      });
      const ms = await medianMs(listener);
      // Delayed acknowledgements take 40.
      assert(ms < 25, `${ms} ms`);
    },
  });
}
