import { assert, assertEquals } from "@std/assert";
import { type Peer, peer, type Selection } from "@pingo/pingo/core";
import { type ErrorKind, ProxyError } from "@pingo/pingo/errors";
import fc from "fast-check";
import {
  type Backend,
  BALANCING_METHODS,
  LoadBalancer,
  StickySession,
} from "@pingo/pingo/loadbalancing";
import { FakeClock } from "@pingo/pingo/timeout";
import { fuzzSettings } from "../fuzz/_settings.ts";
import { exchange, seeded, settle } from "./_support.ts";

const HOSTS = ["a:1", "b:1", "c:1", "d:1", "e:1"];

type Step =
  | { readonly do: "select"; readonly tried: readonly string[]; readonly isSticky: boolean }
  | { readonly do: "settle"; readonly which: number; readonly end: number | ErrorKind }
  | { readonly do: "update"; readonly hosts: readonly [string, number, number][] }
  | { readonly do: "health"; readonly host: string; readonly isHealthy: boolean }
  | { readonly do: "eject"; readonly host: string; readonly isEjected: boolean }
  | { readonly do: "state"; readonly host: string; readonly state: "enable" | "drain" | "disable" }
  | { readonly do: "wait"; readonly ms: number };

const host = fc.constantFrom(...HOSTS);
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant("select" as const),
        tried: fc.subarray(HOSTS, { maxLength: 3 }),
        isSticky: fc.boolean(),
      }),
    },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("settle" as const),
        which: fc.nat(),
        end: fc.constantFrom<number | ErrorKind>(200, 503, "client_gone", "connect_refused"),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("update" as const),
        hosts: fc.uniqueArray(fc.tuple(host, fc.nat({ max: 5 }), fc.nat({ max: 2 })), {
          selector: ([host]) => host,
        }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("health" as const), host, isHealthy: fc.boolean() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("eject" as const), host, isEjected: fc.boolean() }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant("state" as const),
        host,
        state: fc.constantFrom("enable" as const, "drain" as const, "disable" as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.nat({ max: 9_000 }) }),
    },
  ),
  { maxLength: 120 },
);

/** Whether a balancer may choose a backend at all, with everything that a choice is told of. */
function isUsable(backend: Backend, isPanicking: boolean): boolean {
  if (backend.state !== "enabled" || backend.weight === 0 || backend.isFull) return false;
  return isPanicking || (backend.isHealthy && !backend.isEjected);
}

for (const method of BALANCING_METHODS) {
  Deno.test(`LoadBalancer by ${method} keeps its books whatever happens`, () => {
    fc.assert(
      fc.property(steps, fc.nat(), (steps, seed) => {
        const clock = new FakeClock();
        const backends = HOSTS.map((peer, i) => ({ peer, priority: i % 2, maxConnections: 3 }));
        const balancer = new LoadBalancer({
          backends,
          method,
          clock,
          random: seeded(seed),
          slowStart: { windowMs: 5_000 },
        });
        using sticky = new StickySession(balancer, { secret: "a secret of 16 characters" });
        const { backends: set } = balancer;
        const out: { selection: Selection; backend: Backend }[] = [];
        const ended: Selection[] = [];
        const everybody = new Set<Backend>(set.backends);
        balancer.onSelect((backend) => everybody.add(backend));

        for (const step of steps) {
          if (step.do === "select") select(step.tried, step.isSticky);
          else if (step.do === "settle" && out.length > 0) {
            const [{ selection }] = out.splice(step.which % out.length, 1);
            settle(selection, step.end);
            ended.push(selection);
          } else if (step.do === "update") {
            set.update(step.hosts.map(([peer, weight, priority]) => ({
              peer,
              weight,
              priority,
              maxConnections: 3,
            })));
          } else if (step.do === "health") set.get(step.host)?.markHealthy(step.isHealthy);
          else if (step.do === "eject") {
            const backend = set.get(step.host);
            if (step.isEjected) backend?.eject();
            else backend?.restore();
          } else if (step.do === "state") set.get(step.host)?.[step.state]();
          else if (step.do === "wait") clock.advance(step.ms);
          check();
        }
        for (const { selection } of out.splice(0)) settle(selection);
        // What has ended cannot end again.
        for (const selection of ended) settle(selection);
        check();
        assertEquals(set.departing, []);

        function select(triedHosts: readonly string[], isSticky: boolean): void {
          const tried: Peer[] = triedHosts.map((each) => peer(each));
          const tiers = balancer.snapshot().tiers;
          const usable = set.backends.filter((backend) => {
            const tier = tiers.find(({ priority }) => priority === backend.priority);
            return isUsable(backend, tier?.isPanicking ?? false);
          });
          let selection: Selection;
          try {
            selection = (isSticky ? sticky : balancer).select(exchange({ clock }), { tried });
          } catch (error) {
            assert(error instanceof ProxyError && error.kind === "no_upstream");
            assertEquals(usable, [], "somebody was there");
            return;
          }
          const backend = usable.find((each) => each.peer === selection.peer);
          assert(backend !== undefined, "somebody was chosen who may not be");
          const wasTried = triedHosts.includes(backend.id);
          assert(
            !wasTried || usable.every(({ id }) => triedHosts.includes(id)),
            "one that was tried was chosen though others were there",
          );
          out.push({ selection, backend });
        }

        function check(): void {
          for (const backend of everybody) {
            const held = out.filter((each) => each.backend === backend).length;
            assertEquals(backend.leases, held, `leases of ${backend.id}`);
            const { selected, succeeded, failed, aborted } = backend.statistics;
            assertEquals(selected, succeeded + failed + aborted + held);
          }
        }
      }),
      fuzzSettings(`leases by ${method}`, 150),
    );
  });
}
