import { assert, assertEquals } from "@std/assert";
import type { Request } from "playwright-core";
import { needs } from "../support/needs.ts";
import { inPage, startChromium } from "./_chromium.ts";
import { platform, serveProxy, wire } from "./_proxy.ts";
import { serveSite, siteFiles } from "./_site.ts";

/** What came over the wire for a request. */
async function measured(
  request: Request,
): Promise<[string, { encoding: string | undefined; bytes: number }]> {
  const [response, sizes] = await Promise.all([request.response(), request.sizes()]);
  const encoding = response?.headers()["content-encoding"];
  return [new URL(request.url()).pathname, { encoding, bytes: sizes.responseBodySize }];
}

for (const ground of [wire, platform]) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ ...needs("chromium", `Chromium through HttpProxy (${ground.name}) ${name}`), fn });

  test("shows a page with style, script and image, encoded as the upstream sent them", async () => {
    await using site = serveSite();
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    const loading: Promise<[string, { encoding: string | undefined; bytes: number }]>[] = [];
    const failed: string[] = [];
    page.on("requestfailed", (request) => failed.push(request.url()));
    page.on("requestfinished", (request) => loading.push(measured(request)));
    const response = await page.goto(`${proxy.url}/`, { waitUntil: "networkidle" });
    assertEquals([response?.status(), failed], [200, []]);
    assertEquals(await page.textContent("#status"), "The script ran. Größe: 10 µm ✓");
    assertEquals(
      await page.evaluate("getComputedStyle(document.querySelector('h1')).color"),
      "rgb(0, 90, 156)",
    );
    assertEquals(await inPage(page, "pixel", [10, 200]), [10, 200, 128]);
    const loaded = new Map(await Promise.all(loading));
    for (const [path, { bytes, headers }] of Object.entries(siteFiles)) {
      const got = loaded.get(path);
      assertEquals(got, { encoding: headers["content-encoding"], bytes: bytes.byteLength }, path);
    }
    // Chromium named both encodings, and the proxy let the upstream see it.
    const accepted = proxy.requests[0].headers.get("accept-encoding") ?? "";
    assert(/\bgzip\b/.test(accepted) && /\bbr\b/.test(accepted), accepted);
  });

  test("follows a redirect that sets two cookies", async () => {
    await using site = serveSite({
      "/login": () => {
        const headers = new Headers({ location: "/?welcome" });
        headers.append("set-cookie", "user=ann; Path=/");
        headers.append("set-cookie", "theme=dark; Path=/; Expires=Fri, 01 Jan 2100 00:00:00 GMT");
        return new Response(null, { status: 303, headers });
      },
    });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    const response = await page.goto(`${proxy.url}/login`);
    assertEquals(response?.url(), `${proxy.url}/?welcome`);
    assertEquals(await page.evaluate("document.cookie"), "user=ann; theme=dark");
    const second = proxy.requests.find(({ target }) => target === "/?welcome");
    assertEquals(second?.headers.get("cookie"), "user=ann; theme=dark");
  });

  test("gets each of 300 answers that it asks for at once", async () => {
    await using site = serveSite({
      "/number": (request) => new Response(`number ${new URL(request.url).search}`),
    });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`);
    const answers = await inPage(page, "inParallel", { path: "/number", count: 300 });
    const want = Array.from({ length: 300 }, (_, i) => ({ status: 200, text: `number ?${i}` }));
    assertEquals(answers, want);
    const ended = proxy.ends.filter(({ error }) => error !== null);
    assertEquals(ended, []);
  });
}
