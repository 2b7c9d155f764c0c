import { assertEquals } from "@std/assert";
import { needs } from "../support/needs.ts";
import { inPage, startChromium } from "./_chromium.ts";
import { serveProxy } from "./_proxy.ts";
import { serveSite } from "./_site.ts";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needs("chromium", `Chromium through HttpProxy ${name}`), fn });
}

/** What decides about storing, as an upstream may send it; not one of them is the proxy's to touch. */
const CACHING: Readonly<Record<string, string>> = {
  "age": "7",
  "cache-control": "public, max-age=600, stale-while-revalidate=30",
  "cdn-cache-control": "max-age=60",
  "date": "Fri, 02 Jan 2026 03:04:05 GMT",
  "etag": `W/"a-b"`,
  "expires": "Fri, 01 Jan 2100 00:00:00 GMT",
  "last-modified": "Thu, 01 Jan 2026 00:00:00 GMT",
  "pragma": "x",
  "vary": "Accept-Encoding, Origin",
};

test("sees the caching fields as the upstream wrote them", async () => {
  await using site = serveSite({
    "/cached": () => new Response("text", { headers: CACHING }),
  });
  await using proxy = await serveProxy({ upstream: site.address });
  await using chromium = await startChromium();
  const { page } = chromium;
  await page.goto(`${proxy.url}/`);
  const { fields } = await inPage<{ fields: [string, string][] }>(page, "read", {
    path: "/cached",
  });
  const caching = fields.filter(([name]) => name in CACHING);
  assertEquals(Object.fromEntries(caching), CACHING);
});

test("keeps what is fresh, and has it confirmed by a 304", async () => {
  const conditions: (string | null)[] = [];
  await using site = serveSite({
    "/cached": ({ headers }) => {
      const etag = headers.get("if-none-match");
      conditions.push(etag);
      const fields = { etag: `"v1"`, "cache-control": "max-age=600" };
      return etag === `"v1"`
        ? new Response(null, { status: 304, headers: fields })
        : new Response("version 1", { headers: fields });
    },
  });
  await using proxy = await serveProxy({ upstream: site.address });
  await using chromium = await startChromium();
  const { page } = chromium;
  await page.goto(`${proxy.url}/`);
  const read = async (cache: string) => {
    return (await inPage<{ text: string }>(page, "read", { path: "/cached", cache })).text;
  };
  assertEquals([await read("default"), await read("default")], ["version 1", "version 1"]);
  assertEquals(conditions, [null]);
  // "no-cache" asks the server whether the stored answer still holds.
  assertEquals(await read("no-cache"), "version 1");
  assertEquals(conditions, [null, `"v1"`]);
});

test("goes back and forward through its history", async () => {
  const page = (title: string, cacheControl: string) => () =>
    new Response(`<title>${title}</title>`, {
      headers: { "content-type": "text/html", "cache-control": cacheControl },
    });
  await using site = serveSite({
    "/fresh": page("fresh", "max-age=600"),
    "/secret": page("secret", "no-store"),
  });
  await using proxy = await serveProxy({ upstream: site.address });
  await using chromium = await startChromium({
    arguments: ["--disable-features=BackForwardCache"],
  });
  const { page: tab } = chromium;
  await tab.goto(`${proxy.url}/fresh`);
  await tab.goto(`${proxy.url}/secret`);
  await tab.goBack();
  assertEquals([await tab.title(), site.counts.get("/fresh")], ["fresh", 1]);
  await tab.goForward();
  assertEquals([await tab.title(), site.counts.get("/secret")], ["secret", 2]);
});
