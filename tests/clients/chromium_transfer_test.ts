import { assert, assertEquals } from "@std/assert";
import { peer } from "../../core/mod.ts";
import { needs } from "../support/needs.ts";
import { rawServer, signalOf } from "../support/raw.ts";
import { inPage, startChromium } from "./_chromium.ts";
import { digestOf, noise } from "./_digest.ts";
import { platform, serveProxy, wire } from "./_proxy.ts";
import { serveSite } from "./_site.ts";

/** A body that begins and goes on until somebody leaves. */
function endless(onCancel: () => void): ReadableStream<Uint8Array> {
  const rest = new Uint8Array(16_384).fill(0x2e);
  let isFirst = true;
  return new ReadableStream({
    pull(controller) {
      controller.enqueue(isFirst ? new TextEncoder().encode("first") : rest);
      isFirst = false;
    },
    cancel: onCancel,
  });
}

for (const ground of [wire, platform]) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ ...needs("chromium", `Chromium through HttpProxy (${ground.name}) ${name}`), fn });

  test("uploads 8 MB", async () => {
    await using site = serveSite({
      "/upload": async ({ body }) => new Response(await digestOf(body)),
    });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`);
    const argument = { path: "/upload", length: 8_000_000 };
    const { sent, status, answer } = await inPage<
      { sent: string; status: number; answer: string }
    >(page, "upload", argument);
    assertEquals([status, answer], [200, sent]);
  });

  test("uploads a form with a file", async () => {
    await using site = serveSite({
      "/form": async (request) => {
        const form = await request.formData();
        const file = form.get("file");
        assert(file instanceof File);
        const digest = await digestOf(file.stream());
        return Response.json({ title: form.get("title"), name: file.name, digest });
      },
    });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`);
    const argument = { path: "/form", length: 1_000_000 };
    const { sent, answer } = await inPage<{ sent: string; answer: unknown }>(
      page,
      "uploadForm",
      argument,
    );
    assertEquals(answer, { title: "Größe ✓", name: "noise.bin", digest: sent });
  });

  test("saves a download", async () => {
    const bytes = noise(1_000_000);
    await using site = serveSite({
      "/file": () =>
        new Response(bytes, {
          headers: {
            "content-type": "application/octet-stream",
            "content-disposition": `attachment; filename="data.bin"`,
          },
        }),
    });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.evaluate("location.href = '/file'"),
    ]);
    assertEquals(download.suggestedFilename(), "data.bin");
    assertEquals(await Deno.readFile(await download.path()), bytes);
  });

  test("tells the upstream when it leaves a download in the middle", async () => {
    const left = signalOf();
    await using site = serveSite({ "/endless": () => new Response(endless(left.resolve)) });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`, { waitUntil: "networkidle" });
    const before = proxy.requests.length;
    const { first, outcome } = await inPage<{ first: string; outcome: string }>(
      page,
      "abortDownload",
      "/endless",
    );
    assertEquals([first.slice(0, 5), outcome], ["first", "AbortError"]);
    await left.promise;
    await proxy.ended(before + 1);
    assertEquals(proxy.ends.at(-1)?.error?.kind, "client_gone");
  });

  test("tells the upstream when it leaves before the head", async () => {
    const begun = signalOf();
    const left = signalOf();
    await using site = serveSite({
      "/wait": ({ signal }) => {
        begun.resolve();
        signal.addEventListener("abort", () => left.resolve());
        return left.promise.then(() => new Response());
      },
      "/begun": () => begun.promise.then(() => new Response("begun")),
    });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`, { waitUntil: "networkidle" });
    const before = proxy.requests.length;
    assertEquals(await inPage(page, "abortWait", "/wait"), "AbortError");
    await left.promise;
    await proxy.ended(before + 2);
    assertEquals(proxy.ends.at(-1)?.status, 499);
  });

  test("tells the upstream when it leaves an upload in the middle", async () => {
    const begun = signalOf();
    const left = signalOf();
    const broke = signalOf<number>();
    await using site = serveSite({
      "/upload": async ({ body }) => {
        let bytes = 0;
        try {
          for await (const chunk of body ?? []) {
            bytes += chunk.byteLength;
            begun.resolve();
            // The rest is left alone until the client has gone, so that the upload cannot end before.
            await left.promise;
          }
        } catch {
          broke.resolve(bytes);
        }
        return new Response("read");
      },
      "/begun": () => begun.promise.then(() => new Response("begun")),
    });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`);
    const length = 16_000_000;
    assertEquals(await inPage(page, "abortUpload", { path: "/upload", length }), "AbortError");
    left.resolve();
    const bytes = await broke.promise;
    assert(bytes > 0 && bytes < length, `${bytes} bytes arrived`);
  });

  test("tells the upstream when the page is left while it loads", async () => {
    const left = signalOf();
    await using site = serveSite({ "/endless": () => new Response(endless(left.resolve)) });
    await using proxy = await serveProxy({ upstream: site.address, ground });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`, { waitUntil: "networkidle" });
    await page.evaluate("fetch('/endless').then(({ status }) => status)");
    await page.goto("about:blank");
    await left.promise;
  });

  test("sees that an answer broke off in the middle", async () => {
    await using site = serveSite();
    await using broken = rawServer(async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst");
    });
    await using proxy = await serveProxy({
      upstream: ({ path }) => peer(path === "/broken" ? broken.address : site.address),
      ground,
    });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`);
    assertEquals(await inPage(page, "download", "/broken"), "TypeError");
  });
}
