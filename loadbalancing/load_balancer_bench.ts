import { requestHead, ServerExchange } from "../core/mod.ts";
import { systemClock } from "../timeout/mod.ts";
import { BALANCING_METHODS } from "./balancing_method.ts";
import type { BackendUpstream } from "./backend_selection.ts";
import { HostBreakers } from "./host_breakers.ts";
import { LoadBalancer } from "./load_balancer.ts";
import { StickySession } from "./sticky_session.ts";

const client = { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" } as const;
const exchange = new ServerExchange(requestHead(), { client, clock: systemClock });
const none = { tried: [] };
const outcome = { status: 200, error: null, durationMs: 3 };

function backends(count: number): { peer: string; weight: number }[] {
  return Array.from(
    { length: count },
    (_, i) => ({ peer: `10.0.0.1:${i + 1}`, weight: 1 + i % 3 }),
  );
}

/** One attempt: chosen, leased, settled. */
function attempt(balancer: BackendUpstream): () => void {
  return () => balancer.select(exchange, none).settle?.(outcome);
}

for (const count of [10, 1_000]) {
  for (const method of BALANCING_METHODS) {
    const balancer = new LoadBalancer({ backends: backends(count), method });
    Deno.bench(method, {
      group: `select and settle, ${count} backends`,
      baseline: method === "round_robin",
    }, attempt(balancer));
  }
}

const group = "what features cost, round_robin of 10 backends";
const plain = new LoadBalancer({ backends: backends(10) });
const limited = new LoadBalancer({
  backends: backends(10).map((each) => ({ ...each, maxConnections: 100 })),
});
const vetoed = new LoadBalancer({ backends: backends(10), isEligible: () => true });
const breakers = new HostBreakers();
const guarded = new LoadBalancer({ backends: backends(10), isEligible: breakers.isEligible });
const tiered = new LoadBalancer({
  backends: backends(10).map((each, i) => ({ ...each, priority: i % 2 })),
});
const heard = new LoadBalancer({ backends: backends(10) });
heard.onOutcome(() => {});
const retry = { tried: [plain.backends.backends[3].peer] };

Deno.bench("plain", { group, baseline: true }, attempt(plain));
Deno.bench("with maxConnections", { group }, attempt(limited));
Deno.bench("with isEligible", { group }, attempt(vetoed));
Deno.bench("with HostBreakers", { group }, attempt(breakers.guard(guarded)));
Deno.bench("with two priorities", { group }, attempt(tiered));
Deno.bench("with a listener of outcomes", { group }, attempt(heard));
Deno.bench("with a peer that was tried", { group }, () => {
  plain.select(exchange, retry).settle?.(outcome);
});

const secret = "a secret of 16 characters or more";
const sticky = new StickySession(plain, { secret });
Deno.bench("sticky, no cookie yet", { group }, attempt(sticky));
