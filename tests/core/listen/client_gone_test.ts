import { assertEquals } from "@std/assert";
import { type ExchangeEnd, listen, reply } from "../../../core/mod.ts";
import { findProgram, needs } from "../../support/needs.ts";
import { testTls } from "./_certificate.ts";

Deno.test({
  ...needs("curl", "listen() sees at once that a client over TLS was killed"),
  fn: async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const { promise: ended, resolve: end } = Promise.withResolvers<ExchangeEnd>();
    await using listener = await listen({
      address: "127.0.0.1:0",
      engine: "wire",
      tls: testTls,
      // Longer than the test may take: a TLS connection that breaks off says so.
      limits: { halfClosedGraceMs: 600_000 },
    }, async (exchange) => {
      exchange.onEnd(end);
      arrive();
      await new Promise((_, reject) => exchange.cancel.onCancel(reject));
      return reply(200);
    });
    const client = new Deno.Command(findProgram("curl") ?? "curl", {
      args: ["-q", "-sk", "--http1.1", "--max-time", "30", listener.url],
      stdout: "null",
      stderr: "null",
    }).spawn();
    await arrived;
    client.kill("SIGKILL");
    await client.status;
    const { status, error } = await ended;
    assertEquals([status, error?.kind], [499, "client_gone"]);
  },
});
