import { requestHead, responseHead, ServerExchange } from "../http/mod.ts";
import { systemClock } from "../../timeout/mod.ts";
import { accessLog } from "./access_log.ts";
import type { ExchangeObserver } from "./exchange_observer.ts";
import { LineWriter } from "./line_writer.ts";

const client = { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" } as const;
const request = requestHead({
  target: "/assets/app.js?v=42",
  authority: "www.example.com",
  headers: {
    "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    accept: "text/html,application/xhtml+xml",
    "accept-encoding": "gzip, deflate, br",
    referer: "https://www.example.com/start",
  },
});
const head = responseHead(200, { "content-type": "text/javascript" });
const sink = { write: () => {} };
const writer = new LineWriter({ write: (bytes) => bytes.byteLength }, { clock: quietClock() });

/** A clock without timers, so that the writer works by the size of its chunks alone. */
function quietClock() {
  return { now: systemClock.now, epoch: systemClock.epoch, setTimer: () => () => {} };
}

function run(log: ExchangeObserver | null): void {
  const exchange = new ServerExchange(request, { client, clock: systemClock });
  log?.observe(exchange);
  exchange.begin(head);
  exchange.end(null, 5120);
}

const combined = accessLog(sink);
const json = accessLog(sink, { format: "json" });
const withHeaders = accessLog(sink, { format: "json", requestHeaders: ["accept", "cookie"] });
const sampled = accessLog(sink, { sample: 0.01 });
const own = accessLog(sink, { format: (entry) => JSON.stringify(entry) });
const written = accessLog(writer);

const group = "one exchange with an access log";
Deno.bench("no access log", { group, baseline: true }, () => run(null));
Deno.bench("combined", { group }, () => run(combined));
Deno.bench("combined, one of 100", { group }, () => run(sampled));
Deno.bench("json", { group }, () => run(json));
Deno.bench("json with header fields", { group }, () => run(withHeaders));
Deno.bench("own format by JSON.stringify", { group }, () => run(own));
Deno.bench("combined into a LineWriter", { group }, () => run(written));
