import { assertEquals } from "@std/assert";
import { needs } from "../support/needs.ts";
import { testTls } from "../core/listen/_certificate.ts";
import { inPage, startChromium } from "./_chromium.ts";
import { digestOf } from "./_digest.ts";
import { platform, serveProxy, wire } from "./_proxy.ts";
import { serveSite } from "./_site.ts";

const versions: { name: string; protocol: string; arguments: string[] }[] = [
  { name: "HTTP/2 by ALPN", protocol: "h2", arguments: [] },
  { name: "HTTP/1.1 by ALPN", protocol: "http/1.1", arguments: ["--disable-http2"] },
];

for (const ground of [wire, platform]) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ ...needs("chromium", `Chromium through HttpProxy (${ground.name}) ${name}`), fn });

  for (const { name, protocol, arguments: more } of versions) {
    test(`loads a page over TLS with ${name}`, async () => {
      await using site = serveSite({
        "/number": (request) => new Response(`number ${new URL(request.url).search}`),
      });
      await using proxy = await serveProxy({ upstream: site.address, ground, tls: testTls });
      await using chromium = await startChromium({ arguments: more });
      const { page } = chromium;
      const response = await page.goto(`${proxy.url}/`, { waitUntil: "networkidle" });
      assertEquals(response?.status(), 200);
      assertEquals(await inPage(page, "pixel", [200, 10]), [200, 10, 128]);
      assertEquals(await inPage(page, "protocolOf", "/style.css"), protocol);
      const answers = await inPage(page, "inParallel", { path: "/number", count: 200 });
      const want = Array.from({ length: 200 }, (_, i) => ({ status: 200, text: `number ?${i}` }));
      assertEquals(answers, want);
    });
  }

  test("uploads a stream of unknown length over HTTP/2", async () => {
    await using site = serveSite({
      "/upload": async ({ body }) => new Response(await digestOf(body)),
    });
    await using proxy = await serveProxy({ upstream: site.address, ground, tls: testTls });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`);
    const argument = { path: "/upload", length: 4_000_000 };
    const { sent, status, answer } = await inPage<
      { sent: string; status: number; answer: string }
    >(page, "uploadStream", argument);
    assertEquals([status, answer], [200, sent]);
  });
}
