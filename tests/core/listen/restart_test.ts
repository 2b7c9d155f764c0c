import { assert, assertEquals } from "@std/assert";
import { listen, type ListenAddress, reply } from "../../../core/mod.ts";
import { RawClient } from "./_raw_client.ts";

/** Asks again and again; keeps its connection until it is told `Connection: close`. */
async function worker(address: ListenAddress, counts: Counts): Promise<void> {
  while (counts.isRunning) {
    try {
      using client = await RawClient.connect(address);
      for (let isOpen = true; isOpen && counts.isRunning;) {
        await client.get("/");
        const answer = await client.take("\r\n\r\nx");
        counts.answered++;
        isOpen = !answer.includes("connection: close");
      }
    } catch (error) {
      counts.failures.push(String(error));
    }
  }
}

interface Counts {
  isRunning: boolean;
  answered: number;
  readonly failures: string[];
}

Deno.test("Listener.drain() loses no request when a successor shares the port", async () => {
  const handler = () => reply(200, "x");
  let listener = await listen({ address: "127.0.0.1:0", reusePort: true }, handler);
  const { address } = listener;
  const counts: Counts = { isRunning: true, answered: 0, failures: [] };
  const workers = Array.from({ length: 8 }, () => worker(address, counts));
  for (let restart = 0; restart < 5; restart++) {
    const successor = await listen({ address, reusePort: true }, handler);
    assertEquals(await listener.drain(), { cut: 0 });
    listener = successor;
  }
  counts.isRunning = false;
  await Promise.all(workers);
  await listener.close();
  assertEquals(counts.failures, []);
  assert(counts.answered > 100, `${counts.answered} answers`);
});
