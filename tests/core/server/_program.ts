// The program that signals_test.ts sends signals to. Argument: the deadline in milliseconds.
import { bodyFrom, createLogger, HttpService, reply, Server } from "../../../core/mod.ts";

async function* content(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < 512; sent++) yield new Uint8Array(65_536);
}

const service = new HttpService("api", ({ request }) => {
  if (request.target === "/never") return new Promise(() => {});
  return reply(200, bodyFrom(content(), { length: 512 * 65_536 }));
}, {
  onExchange: (exchange) => {
    console.log("begin", exchange.request.target);
    exchange.onEnd(({ status, error, sentBytes }) => {
      console.log("end", status, error?.kind ?? "well", sentBytes);
    });
  },
}).addTcp(Deno.args[1] ?? "127.0.0.1:0");

const server = new Server({ logger: createLogger(), deadlineMs: Number(Deno.args[0]) });
server.addService(service).whenReady().then(() => console.log("url", service.listeners[0].url));
Deno.exit(await server.runForever());
