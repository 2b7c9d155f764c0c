// The race that no proxy can win: the upstream closes an idle connection while a request is on its way to
// it. A POST in it must not be sent again, and its client has to be told (RFC 9110 §9.2.2).

import { assert, assertEquals } from "@std/assert";
import { httpMetrics, listen, MetricRegistry } from "../../core/mod.ts";
import { HttpProxy } from "../../proxy/mod.ts";
import { rawClient, rawServer } from "../support/raw.ts";

const TOTAL = 10_000;
const CLIENTS = 8;
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** How often each id has arrived. */
class Arrivals {
  readonly #counts = new Uint8Array(TOTAL);

  note(head: string): void {
    this.#counts[Number(/x-id: (\d+)/i.exec(head)?.[1])]++;
  }

  count(id: number): number {
    return this.#counts[id];
  }
}

/**
 * An upstream whose connections end in one of four ways: behind an answer; when the first byte of the next
 * request comes, which resets it; when all of that is there, without an answer; in the same moment as an
 * answer of another connection.
 */
function closingUpstream(arrivals: Arrivals) {
  let meanwhile = Promise.withResolvers<void>();
  return rawServer(async (connection, number) => {
    for (let served = 0; served < 1 + number % 3; served++) {
      arrivals.note((await connection.readMessage()).head);
      await connection.send(OK);
      meanwhile.resolve();
      meanwhile = Promise.withResolvers();
    }
    if (number % 4 === 1) await connection.conn.read(new Uint8Array(1));
    if (number % 4 === 2) arrivals.note((await connection.readMessage()).head);
    if (number % 4 === 3) await meanwhile.promise;
  });
}

Deno.test(`HttpProxy lets none of ${TOTAL} POSTs arrive twice at an upstream that closes at the worst moment`, async () => {
  const arrivals = new Arrivals();
  const registry = new MetricRegistry();
  const metrics = httpMetrics(registry);
  await using upstream = closingUpstream(arrivals);
  await using proxy = new HttpProxy({ upstream: upstream.address, retry: { maxAttempts: 3 } });
  await using listener = await listen({
    address: "127.0.0.1:0",
    onExchange: (exchange) => metrics.observe(exchange),
  }, proxy.handle);
  const port = Number(new URL(listener.url).port);
  let next = 0;
  const seen = { ok: 0, lost: 0, unanswered: 0 };
  const run = async () => {
    using client = await rawClient(port);
    while (next < TOTAL) {
      const id = next++;
      await client.send(
        `POST / HTTP/1.1\r\nHost: a\r\nX-Id: ${id}\r\nContent-Length: 3\r\n\r\nabc`,
      );
      const { head } = await client.readMessage();
      const status = Number(head.slice(9, 12));
      const arrived = arrivals.count(id);
      if (status === 200) {
        assertEquals(arrived, 1, head);
        seen.ok++;
      } else {
        assertEquals(status, 502, head);
        assert(arrived <= 1, `${arrived} arrivals`);
        if (arrived === 0) seen.lost++;
        else seen.unanswered++;
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, run));
  const shown = JSON.stringify(seen);
  assertEquals(seen.ok + seen.lost + seen.unanswered, TOTAL, shown);
  for (let id = 0; id < TOTAL; id++) assert(arrivals.count(id) <= 1, `${id} arrived twice`);
  // The race was really met.
  assert(seen.lost > 100 && seen.unanswered > 100, shown);

  const requests = registry.snapshot().find(({ name }) => name === "pingo_http_requests_total");
  assert(requests?.kind === "counter");
  assertEquals(
    requests.series.map(({ labels, value }) => [labels.method, labels.status, value]).sort(),
    [["POST", "200", seen.ok], ["POST", "502", seen.lost + seen.unanswered]],
  );
});
