import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  bodyFrom,
  isIdempotent,
  readText,
  type Reply,
  reply,
  requestHead,
  ServerExchange,
  toReply,
} from "../../core/mod.ts";

import { ProxyError } from "../../errors/mod.ts";
import { HostBreakers, LoadBalancer } from "../../loadbalancing/mod.ts";
import { fuzzSettings } from "../fuzz/_settings.ts";
import { HttpProxy, RETRYABLE_FAILURES } from "../../proxy/mod.ts";
import { consecutiveFailures, FakeClock, RetryBudget } from "../../timeout/mod.ts";

const client = { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" } as const;
const CONTENT = "content";

const met = fc.oneof(
  fc.constantFrom(200, 404, 500, 503),
  fc.constantFrom("connect_refused" as const, ...RETRYABLE_FAILURES),
);
const request = fc.record({
  method: fc.constantFrom("GET", "PUT", "DELETE", "POST", "PATCH"),
  leaves: fc.boolean(),
  mets: fc.array(met, { minLength: 6, maxLength: 6 }),
});
const settings = fc.record({
  maxAttempts: fc.integer({ min: 1, max: 4 }),
  statuses: fc.subarray([500, 503]),
  failures: fc.subarray([...RETRYABLE_FAILURES]),
  hasBreakers: fc.boolean(),
  hasBudget: fc.boolean(),
});

Deno.test("HttpProxy retries whatever happens within its rules, and gives every lease back (property)", async () => {
  await fc.assert(
    fc.asyncProperty(settings, fc.array(request, { maxLength: 12 }), async (rules, requests) => {
      const clock = new FakeClock();
      const { maxAttempts, statuses, failures, hasBreakers, hasBudget } = rules;
      const breakers = new HostBreakers({ trip: consecutiveFailures(2), clock });
      const balancer = new LoadBalancer({
        backends: ["a:1", "b:1", "c:1"],
        isEligible: hasBreakers ? breakers.isEligible : undefined,
        clock,
      });
      const budget = new RetryBudget({ ratio: 0, minPerSecond: 1, ttlMs: 2_000, clock });
      let settled = 0;
      balancer.onOutcome(() => void settled++);
      let made: { host: string; met: typeof requests[0]["mets"][0] }[] = [];
      let mets: typeof requests[0]["mets"] = [];
      let openReplies = 0;
      await using proxy = new HttpProxy({
        upstream: hasBreakers ? breakers.guard(balancer) : balancer,
        retry: { maxAttempts, statuses, failures, budget: hasBudget ? budget : null },
        transport: {
          async exchange(_head, body, { peer, observer }): Promise<Reply> {
            const met = mets[made.length];
            made.push({ host: peer.hostname, met });
            if (met === "connect_refused") throw new ProxyError(met);
            observer?.connected?.({ isReused: false });
            if (body !== null) assertEquals(await readText(body), CONTENT);
            if (typeof met === "string") throw new ProxyError(met);
            openReplies++;
            return { ...reply(met), release: () => void openReplies-- };
          },
          [Symbol.asyncDispose]: () => Promise.resolve(),
        },
      });
      let attempts = 0;
      let again = 0;
      for (const { method, leaves, mets: next } of requests) {
        made = [];
        mets = next;
        const exchange = new ServerExchange(requestHead({ method, authority: "example.com" }), {
          client,
          clock,
          body: method === "GET" ? null : bodyFrom(CONTENT),
        });
        const answer = toReply(await proxy.handle(exchange));
        const { status } = answer;
        exchange.end(leaves ? new ProxyError("client_gone") : null, 0);
        answer.release?.();
        attempts += made.length;
        again += Math.max(0, made.length - 1);
        assert(made.length <= maxAttempts);
        const hosts = made.map(({ host }) => host);
        if (!hasBreakers) assertEquals(new Set(hosts).size, Math.min(3, hosts.length));
        for (const { met } of made.slice(0, -1)) {
          // Behind each but the last one another attempt was allowed.
          if (met === "connect_refused") continue;
          assert(isIdempotent(method), `${method} was sent again behind ${met}`);
          const isNamed = typeof met === "number" ? statuses.includes(met) : failures.includes(met);
          assert(isNamed, `sent again behind ${met}`);
        }
        const last = made.at(-1)?.met;
        if (typeof last === "number") assertEquals(status, last);
      }
      if (hasBudget) assert(again <= 2);
      assertEquals(balancer.backends.backends.map(({ leases }) => leases), [0, 0, 0]);
      assertEquals([settled, openReplies], [attempts, 0]);
    }),
    fuzzSettings("HttpProxy retries", 500),
  );
});
