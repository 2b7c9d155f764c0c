// A proxy in a process of its own, for gigabyte.ts: UPSTREAM, "wire" or "platform", "http" or "https".
import { testTls } from "../core/listen/_certificate.ts";
import { platform, serveProxy, wire } from "./_proxy.ts";

const [upstream, ground, scheme] = Deno.args;
const proxy = await serveProxy({
  upstream,
  ground: ground === "platform" ? platform : wire,
  tls: scheme === "https" ? testTls : undefined,
});
console.log(proxy.url);
