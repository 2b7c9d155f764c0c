import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { listen, requestHead, ServerExchange, toReply } from "../../core/mod.ts";
import { FakeClock } from "../../timeout/mod.ts";
import { demoHandler } from "../../cli/mod.ts";

/** One answer of the demo site over a real socket. */
async function get(path: string, init?: RequestInit): Promise<{ status: number; text: string }> {
  await using site = await listen({ address: "127.0.0.1:0" }, demoHandler());
  const response = await fetch(`${site.url}${path}`, init);
  return { status: response.status, text: await response.text() };
}

Deno.test("demoHandler() greets, and names its other paths", async () => {
  const { status, text } = await get("/");
  assertEquals(status, 200);
  for (const part of ["Hello!", "/echo", "/bytes/", "/events", "TARGET="]) {
    assertStringIncludes(text, part);
  }
});

Deno.test("demoHandler() echoes below /echo", async () => {
  const { text } = await get("/echo/a?b", { method: "POST", body: "content" });
  assertMatch(text, /^POST \/echo\/a\?b HTTP\/1\.1\n[^]*\n\ncontent$/);
});

const sizes = [0, 1, 65_536, 65_537, 1_000_000];
for (const size of sizes) {
  Deno.test(`demoHandler() sends a download of ${size} bytes when asked for it`, async () => {
    await using site = await listen({ address: "127.0.0.1:0" }, demoHandler());
    const response = await fetch(`${site.url}/bytes/${size}`);
    assertEquals(response.headers.get("content-length"), String(size));
    assertEquals((await response.bytes()).byteLength, size);
  });
}

Deno.test("demoHandler() answers 404 to what it does not know", async () => {
  for (const path of ["/other", "/bytes/many", "/bytes/1/2", "/echoes"]) {
    assertEquals((await get(path)).status, 404, path);
  }
});

Deno.test("demoHandler() sends an event at once, and the next one a second later", async () => {
  const clock = new FakeClock();
  const client = { address: "", port: 0, transport: "memory", scheme: "http" } as const;
  const exchange = new ServerExchange(requestHead({ target: "/events" }), { client, clock });
  const { body, headers } = toReply(await demoHandler()(exchange));
  assertEquals(headers.get("content-type"), "text/event-stream");
  const decoder = new TextDecoder();
  assertMatch(decoder.decode(await body?.read() ?? undefined), /^id: 1\ndata: 1970-\S+\n\n$/);
  const second = body?.read();
  clock.advance(1_000);
  assertMatch(decoder.decode(await second ?? undefined), /^id: 2\ndata: 1970-\S+:01\.000Z\n\n$/);
  body?.cancel();
});
