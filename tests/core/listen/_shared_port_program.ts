// One of several processes on one port. Argument: the address. Each answer tells who gave it.
import { createLogger, HttpService, reply, Server } from "../../../core/mod.ts";

const service = new HttpService("web", () => reply(200, `<${Deno.pid}>`))
  .addTcp(Deno.args[0], { reusePort: true });
const server = new Server({ logger: createLogger({ level: "error" }), deadlineMs: 10_000 });
server.addService(service).whenReady().then(() => console.log("url", service.listeners[0].url));
Deno.exit(await server.runForever());
