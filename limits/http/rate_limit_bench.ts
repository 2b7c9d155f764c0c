import {
  type Handler,
  type Middleware,
  reply,
  requestHead,
  ServerExchange,
} from "../../core/mod.ts";
import { CircuitBreaker, systemClock } from "../../timeout/mod.ts";
import { KeyedTokenBucket } from "../mod.ts";
import { breaker, clientKey, concurrencyLimit, loadShed, rateLimit } from "./mod.ts";

const clients = Array.from({ length: 1_000 }, (_, i) => ({
  address: i % 2 === 0 ? `198.51.${i >> 8}.${i & 255}` : `2001:db8:${i.toString(16)}::1`,
  port: 4711,
  transport: "tcp" as const,
  scheme: "http" as const,
}));
let at = 0;

function exchangeOf(): ServerExchange {
  at = at === 999 ? 0 : at + 1;
  return new ServerExchange(requestHead(), { client: clients[at], clock: systemClock });
}

const handler: Handler = () => reply(200);
const limiter = new KeyedTokenBucket({ limit: 1e9, windowMs: 1_000 });

/** One exchange from its making to its end. */
function run(handler: Handler): void | Promise<void> {
  const exchange = exchangeOf();
  const answer = handler(exchange);
  if (answer instanceof Promise) return answer.then(() => exchange.end(null, 0));
  exchange.end(null, 0);
}

// What does each middleware add to an exchange?
const each = { group: "an exchange through one middleware" };
const cases: { name: string; middleware: Middleware }[] = [
  { name: "rateLimit, no fields", middleware: rateLimit({ limiter, headers: "none" }) },
  { name: "rateLimit, RateLimit fields", middleware: rateLimit({ limiter }) },
  { name: "concurrencyLimit", middleware: concurrencyLimit({ limit: 100 }) },
  { name: "breaker", middleware: breaker({ breaker: new CircuitBreaker() }) },
  { name: "loadShed", middleware: loadShed({ limit: 100 }) },
];
Deno.bench("none", { ...each, baseline: true }, () => run(handler));
for (const { name, middleware } of cases) {
  const wrapped = middleware(handler);
  Deno.bench(name, each, () => run(wrapped));
}

// What does a refusal cost, which is what an attack makes the common case?
const used = new KeyedTokenBucket("1/d");
for (let i = 0; i < 1_000; i++) used.allow(clientKey()(exchangeOf()) ?? "");
const refusing = rateLimit({ limiter: used })(handler);
Deno.bench("a refusal", { group: "refuse" }, () => {
  try {
    void refusing(exchangeOf());
  } catch {
    // Thrown for the error page.
  }
});

// What does the key of a client cost?
const key = clientKey();
const [ipv4, ipv6] = [exchangeOf(), exchangeOf()].sort((a, b) =>
  a.client.address.length - b.client.address.length
);
Deno.bench("clientKey, IPv4", { group: "key", baseline: true }, () => void key(ipv4));
Deno.bench("clientKey, IPv6", { group: "key" }, () => void key(ipv6));
