// What a user's program looks like: consumer_test.ts runs it in a project of its own.
import { HeaderList } from "@pingo/pingo/core";
import { ProxyError } from "@pingo/pingo/errors";
import { HttpProxy } from "@pingo/pingo/proxy";
import { Deadline } from "@pingo/pingo/timeout";

await using upstream = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  async (request) => new Response(`${request.method} ${await request.text()}`),
);
await using proxy = new HttpProxy({ upstream: `127.0.0.1:${upstream.addr.port}` });
await using server = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  proxy.fetch,
);

using deadline = Deadline.fromTimeout(60_000);
const response = await fetch(`http://127.0.0.1:${server.addr.port}/`, {
  method: "POST",
  body: "through the proxy",
  signal: deadline.signal,
});
console.log(JSON.stringify({
  body: await response.text(),
  status: new ProxyError("upstream_timeout", "Cannot read head: 5 s over").status,
  field: new HeaderList([["X-A", "1"]]).get("x-a"),
  isExpired: deadline.isExpired,
  // Only there with the flag `net`: tells whether any of this package's flags reached the program.
  hasUnstableNet: "listenDatagram" in Deno,
}));
