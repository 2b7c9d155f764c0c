import { assertEquals } from "@std/assert";
import { reply } from "../../../../core/mod.ts";
import { rawClient, signalOf } from "../../../support/raw.ts";
import { serveWire } from "./wire_server.ts";

// Around the sizes of the buffers that heads lie in: 1 KiB, 16 KiB, 64 KiB.
const SIZES = [64, 700, 768, 769, 900, 1_023, 1_024, 1_025, 1_300, 16_383, 16_384, 16_385, 60_000];

/** A head of exactly so many bytes. */
function headOf(path: string, size: number): string {
  const start = `GET ${path} HTTP/1.1\r\nHost: a\r\nX-Pad: `;
  return `${start}${"x".repeat(size - start.length - 4)}\r\n\r\n`;
}

for (const size of SIZES) {
  Deno.test(`ServerConnection notices that a client left when its head had ${size} bytes`, async () => {
    const arrived = signalOf();
    await using server = serveWire((exchange) => {
      const left = new Promise<void>((resolve) => exchange.cancel.onCancel(() => resolve()));
      if (exchange.request.target !== "/wait") return reply(200);
      arrived.resolve();
      return left.then(() => reply(200));
    }, { halfClosedGraceMs: 10 });
    const client = await rawClient(server.port);
    await client.send(headOf("/", size));
    await client.readMessage();
    await client.send(headOf("/wait", size));
    await arrived.promise;
    client.close();
    await server.ended(2);
    assertEquals([server.ends[1].status, server.ends[1].error?.kind], [499, "client_gone"]);
  });

  Deno.test(`ServerConnection answers what comes while it works on a head of ${size} bytes`, async () => {
    const arrived = signalOf();
    const answer = signalOf();
    await using server = serveWire(async ({ request }) => {
      if (request.target === "/1") {
        arrived.resolve();
        await answer.promise;
      }
      return reply(200, `${request.target} ${request.headers.get("x-pad")?.length}`);
    });
    using client = await rawClient(server.port);
    const pad = size - 37;
    await client.send(headOf("/1", size));
    await arrived.promise;
    await client.send(headOf("/2", size) + headOf("/3", size));
    answer.resolve();
    for (const path of ["/1", "/2", "/3"]) {
      assertEquals((await client.readMessage()).body, `${path} ${pad}`);
    }
  });
}
