import { assertEquals } from "@std/assert";
import { needs } from "../support/needs.ts";
import { signalOf } from "../support/raw.ts";
import { testTls } from "../core/listen/_certificate.ts";
import { inPage, startChromium } from "./_chromium.ts";
import { serveProxy } from "./_proxy.ts";
import { type Route, serveSite } from "./_site.ts";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needs("chromium", `Chromium through HttpProxy ${name}`), fn });
}

/** Upgrades, and hands the socket over when it is open. */
function webSocket(onOpen: (socket: WebSocket) => void, protocol = ""): Route {
  return (request) => {
    const { socket, response } = Deno.upgradeWebSocket(request, { protocol, idleTimeout: 0 });
    socket.onopen = () => onOpen(socket);
    return response;
  };
}

interface Closed {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

interface Echoed {
  readonly protocol: string;
  readonly same: readonly boolean[];
  readonly closed: Closed;
}

// Around the sizes where the head of a frame changes (RFC 6455 §5.2), and one that takes many packets.
const LENGTHS = [0, 1, 125, 126, 65_535, 65_536, 3_000_000];

for (const tls of [undefined, testTls]) {
  const scheme = tls === undefined ? "ws" : "wss";

  test(`echoes texts and bytes over ${scheme}, and closes with its code`, async () => {
    const closed = signalOf<Closed>();
    await using site = serveSite({
      "/echo": webSocket((socket) => {
        socket.onmessage = ({ data }) => socket.send(data);
        socket.onclose = ({ code, reason, wasClean }) => closed.resolve({ code, reason, wasClean });
      }, "chat.v2"),
    });
    await using proxy = await serveProxy({ upstream: site.address, tls });
    await using chromium = await startChromium();
    const { page } = chromium;
    await page.goto(`${proxy.url}/`);
    const echoed = await inPage<Echoed>(page, "echo", {
      path: "/echo",
      protocols: ["chat.v1", "chat.v2"],
      lengths: LENGTHS,
    });
    const close = { code: 3001, reason: "done ✓", wasClean: true };
    assertEquals(await closed.promise, close);
    assertEquals(echoed.closed, close);
    assertEquals(echoed.protocol, "chat.v2");
    assertEquals(echoed.same, LENGTHS.flatMap(() => [true, true]));
  });
}

test("sees the code that a WebSocket server closes with", async () => {
  await using site = serveSite({
    "/kick": webSocket((socket) => socket.close(4003, "go away")),
  });
  await using proxy = await serveProxy({ upstream: site.address });
  await using chromium = await startChromium();
  const { page } = chromium;
  await page.goto(`${proxy.url}/`);
  const close = { code: 4003, reason: "go away", wasClean: true };
  assertEquals(await inPage(page, "closedBy", "/kick"), close);
});

test("sees 1001 when the proxy stops while a WebSocket is open", async () => {
  const opened = signalOf();
  await using site = serveSite({ "/quiet": webSocket(() => opened.resolve()) });
  await using proxy = await serveProxy({ upstream: site.address });
  await using chromium = await startChromium();
  const { page } = chromium;
  await page.goto(`${proxy.url}/`);
  const closed = inPage<Closed>(page, "closedBy", "/quiet");
  await opened.promise;
  await proxy.listener.drain();
  assertEquals((await closed).code, 1001);
});

test("sees that a WebSocket was refused", async () => {
  await using site = serveSite({ "/no": () => new Response("No", { status: 403 }) });
  await using proxy = await serveProxy({ upstream: site.address });
  await using chromium = await startChromium();
  const { page } = chromium;
  await page.goto(`${proxy.url}/`);
  assertEquals(await inPage(page, "refusedSocket", "/no"), "The WebSocket was refused");
});

test("tells the upstream when a page with an open WebSocket is left", async () => {
  const closed = signalOf<number>();
  await using site = serveSite({
    "/quiet": webSocket((socket) => {
      socket.onclose = ({ code }) => closed.resolve(code);
    }),
  });
  await using proxy = await serveProxy({ upstream: site.address });
  await using chromium = await startChromium();
  const { page } = chromium;
  await page.goto(`${proxy.url}/`);
  await inPage(page, "keepSocket", "/quiet");
  await page.goto("about:blank");
  assertEquals(await closed.promise, 1001);
});
