import { assertEquals } from "@std/assert";
import { needs } from "../support/needs.ts";
import { signalOf } from "../support/raw.ts";
import { inPage, startChromium } from "./_chromium.ts";
import { platform, serveProxy, wire } from "./_proxy.ts";
import { serveSite } from "./_site.ts";

/** A stream of events whose texts are made one after the other. */
function eventStream(events: AsyncIterable<string>): Response {
  return new Response(ReadableStream.from(events).pipeThrough(new TextEncoderStream()), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}

for (const ground of [wire, platform]) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ ...needs("chromium", `Chromium through HttpProxy (${ground.name}) ${name}`), fn });

  test("gets each server-sent event before the next one is made", async () => {
    const seen = Array.from({ length: 5 }, () => signalOf());
    async function* events(): AsyncGenerator<string> {
      for (const [i, { promise }] of seen.entries()) {
        yield `id: ${i}\ndata: line one of ${i}\ndata: line two\n\n`;
        // Nothing more comes until the page has told that it has this one.
        await promise;
      }
      yield "id: 5\nevent: last\ndata: end\n\n";
    }
    await using site = serveSite({
      "/events": () => eventStream(events()),
      "/seen": (request) => {
        seen[Number(new URL(request.url).search.slice(1))].resolve();
        return new Response();
      },
    });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`);
    const messages = seen.map((_, i) => {
      return { type: "message", data: `line one of ${i}\nline two`, id: `${i}` };
    });
    const last = { type: "last", data: "end", id: "5" };
    assertEquals(await inPage(page, "events", "/events"), [...messages, last]);
  });

  test("asks for the events behind the last one when the stream ends", async () => {
    async function* events(after: string | null): AsyncGenerator<string> {
      if (after === null) yield "retry: 1\nid: 7\ndata: one\n\n";
      else yield `id: 8\nevent: last\ndata: after ${after}\n\n`;
    }
    await using site = serveSite({
      "/events": ({ headers }) => eventStream(events(headers.get("last-event-id"))),
      "/seen": () => new Response(),
    });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`);
    assertEquals(await inPage(page, "events", "/events"), [
      { type: "message", data: "one", id: "7" },
      { type: "last", data: "after 7", id: "8" },
    ]);
  });
}
