import { assertEquals, assertThrows } from "@std/assert";
import { memoryTransport, type Reply, reply, requestHead, ServerExchange } from "../../core/mod.ts";
import { HttpProxy, type HttpProxyOptions } from "../../proxy/mod.ts";
import { systemClock } from "../../timeout/mod.ts";

/** What the upstream sees of a target, or the status that the client gets. */
async function seen(target: string, forwarding: HttpProxyOptions["forwarding"], method = "GET") {
  const targets: string[] = [];
  await using transport = memoryTransport(({ request }) => {
    targets.push(request.target);
    return reply(204);
  });
  await using proxy = new HttpProxy({ upstream: "127.0.0.1:1", transport, forwarding });
  const client = { address: "192.0.2.1", port: 1, transport: "memory", scheme: "http" } as const;
  const head = requestHead({ method, target, authority: "example.com" });
  const exchange = new ServerExchange(head, { client, clock: systemClock });
  const answer = await proxy.handle(exchange) as Reply;
  answer.body?.cancel();
  exchange.end(null, 0);
  return targets[0] ?? answer.status;
}

const targets: [target: string, normal: string | number, method?: string][] = [
  ["/a/b?c=d", "/a/b?c=d"],
  ["/a/./b/../c//d/%7e%2f", 400],
  ["/a/./b/../c//d/%7e", "/a/c/d/~"],
  ["/a/../b?x=/../y&z", "/b?x=/../y&z"],
  ["/a?", "/a?"],
  ["/%c3%bc", "/%C3%BC"],
  ["/../etc/passwd", 400],
  ["/a%00", 400],
  ["*", "*", "OPTIONS"],
];

for (const [target, normal, method] of targets) {
  Deno.test(`HttpProxy forwards ${method ?? "GET"} ${target} as it is, or as ${normal}`, async () => {
    assertEquals(await seen(target, {}, method), target);
    assertEquals(await seen(target, { target: "raw" }, method), target);
    assertEquals(await seen(target, { target: "normal" }, method), normal);
  });
}

Deno.test("HttpProxy refuses a form of targets that does not exist", () => {
  const forwarding = { target: "clean" } as unknown as HttpProxyOptions["forwarding"];
  assertThrows(
    () => new HttpProxy({ upstream: "a:1", forwarding }),
    TypeError,
    "forwarding.target",
  );
});
