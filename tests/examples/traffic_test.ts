import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Body, type Handler, listen, type Listener, reply } from "../../core/mod.ts";
import { curl } from "./_curl.ts";
import { Program } from "./_program.ts";
import { needs } from "../support/needs.ts";

const PROXY = ["examples/proxy.ts"];
const MEGABYTE = 1_000_000;

function serve(handler: Handler, address = "127.0.0.1:0"): Promise<Listener> {
  return listen({ address }, handler);
}

/** How much goes through the proxy; whoever kept it would need as much. */
const LONG = 400 * MEGABYTE;
/** What the garbage collector lets lie around before it cleans up, by far: it was 100 for 5 GB. */
const SLACK_MEGABYTES = 200;

Deno.test({
  name: "examples/proxy.ts keeps its memory when 400 MB go down through it",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using proxy = await Program.start(PROXY);
    await (await fetch(`${proxy.url("proxy")}/bytes/${MEGABYTE}`)).bytes();
    const before = await proxy.peakMegabytes();
    const response = await fetch(`${proxy.url("proxy")}/bytes/${LONG}`);
    let bytes = 0;
    for await (const chunk of response.body ?? []) bytes += chunk.byteLength;
    assertEquals(bytes, LONG);
    const grown = await proxy.peakMegabytes() - before;
    assert(grown < SLACK_MEGABYTES, `it grew by ${grown} MB`);
  },
});

Deno.test({
  ...needs("curl", "examples/proxy.ts keeps its memory when 400 MB go up through it"),
  async fn() {
    let bytes = 0;
    await using upstream = await serve(async ({ body }) => {
      for (let chunk = await body?.read(); chunk; chunk = await body?.read()) {
        bytes += chunk.byteLength;
      }
      return reply(200, `got ${bytes}`);
    });
    await using proxy = await Program.start(PROXY, { TARGET: upstream.url });
    const path = await Deno.makeTempFile();
    // A sparse file: no byte of it lies on the disk.
    await Deno.truncate(path, LONG);
    await curl("-d", "warm-up", proxy.url("proxy"));
    bytes = 0;
    const before = await proxy.peakMegabytes();
    const { stdout, stderr } = await curl("-T", path, proxy.url("proxy"));
    await Deno.remove(path);
    assertEquals(stdout, `got ${LONG}`, stderr);
    const grown = await proxy.peakMegabytes() - before;
    assert(grown < SLACK_MEGABYTES, `it grew by ${grown} MB`);
  },
});

/** A body whose end waits for the test. */
function heldBody(release: Promise<void>): Body {
  const chunks = [new TextEncoder().encode("first,"), new TextEncoder().encode("last")];
  return {
    async read(): Promise<Uint8Array | null> {
      if (chunks.length === 1) await release;
      return chunks.shift() ?? null;
    },
    cancel(): void {},
  };
}

Deno.test("examples/proxy.ts finishes a download, takes nothing new and ends with 0 when SIGTERM comes", async () => {
  const release = Promise.withResolvers<void>();
  await using upstream = await serve(() => reply(200, heldBody(release.promise)));
  await using proxy = await Program.start(PROXY, { TARGET: upstream.url });
  const url = proxy.url("proxy");
  const response = await fetch(url);
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())
    .getReader();
  assertEquals((await reader.read()).value, "first,");

  proxy.kill("SIGTERM");
  await proxy.until("stderr", "stopping");
  const { hostname, port } = new URL(url);
  // For a moment it still answers, so that nobody who is on the way is turned away.
  while (await canConnect(hostname, Number(port)));

  release.resolve();
  assertEquals((await reader.read()).value, "last");
  assertEquals((await reader.read()).done, true);
  const { code, stderr } = await proxy.ended();
  assertEquals(code, 0);
  assertStringIncludes(stderr, "stopped");
});

async function canConnect(hostname: string, port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname, port })).close();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) return false;
    // It was in the queue of the socket that was closed in this moment: the next one tells.
    if (error instanceof Deno.errors.ConnectionReset) return true;
    throw error;
  }
}

Deno.test("examples/proxy.ts cuts a download and ends when a second SIGTERM comes", async () => {
  const never = Promise.withResolvers<void>();
  await using upstream = await serve(() => reply(200, heldBody(never.promise)));
  await using proxy = await Program.start(PROXY, { TARGET: upstream.url });
  const response = await fetch(proxy.url("proxy"));
  proxy.kill("SIGTERM");
  await proxy.until("stderr", "stopping");
  // For a moment a repeated signal is the same wish: once more until it is another one.
  const repeat = setInterval(() => {
    try {
      proxy.kill("SIGTERM");
    } catch {
      // It has ended.
    }
  }, 20);
  try {
    assertEquals((await proxy.ended()).code, 143);
  } finally {
    clearInterval(repeat);
  }
  const outcome = await response.text().then(() => "whole", () => "cut");
  never.resolve();
  assertEquals(outcome, "cut");
});

Deno.test("examples/proxy.ts answers 502 while the upstream is down, and recovers", async () => {
  const first = await serve(() => reply(200, "first"));
  const address = first.url.slice("http://".length);
  await using proxy = await Program.start(PROXY, { TARGET: address });
  const ask = async () => {
    const response = await fetch(proxy.url("proxy"));
    return [response.status, (await response.text()).slice(0, 6)];
  };
  assertEquals(await ask(), [200, "first"]);
  await first.close();
  assertEquals((await ask())[0], 502);
  await using _second = await serve(() => reply(200, "second"), address);
  assertEquals(await ask(), [200, "second"]);
});

Deno.test("examples/proxy.ts cuts the client when the upstream dies in the middle of an answer", async () => {
  await using upstream = await serve(() =>
    new Response(ReadableStream.from(async function* () {
      yield new TextEncoder().encode("part");
      await Promise.resolve();
      throw new Error("died");
    }()))
  );
  await using proxy = await Program.start(PROXY, { TARGET: upstream.url });
  const response = await fetch(proxy.url("proxy"));
  assertEquals(response.status, 200);
  const outcome = await response.text().then(() => "whole", () => "cut");
  assertEquals(outcome, "cut");
});

Deno.test("examples/proxy.ts passes an event on at once", async () => {
  await using proxy = await Program.start(PROXY);
  const response = await fetch(`${proxy.url("proxy")}/events`);
  const reader = (response.body ?? new ReadableStream()).pipeThrough(new TextDecoderStream())
    .getReader();
  // The stream goes on for ever: what can be read now was not held back until its end.
  assertStringIncludes((await reader.read()).value ?? "", "id: 1\n");
  assertStringIncludes((await reader.read()).value ?? "", "id: 2\n");
  await reader.cancel();
});
