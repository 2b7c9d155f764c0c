import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { LeastConnection } from "@pingo/pingo/loadbalancing";
import { fuzzSettings } from "../fuzz/_settings.ts";
import { NginxModel } from "./_nginx_model.ts";
import { servers } from "./_support.ts";

Deno.test("LeastConnection.pick() is nginx's least_conn: fewest for the weight, ties in turn", () => {
  const step = fc.record({
    refused: fc.nat({ max: 15 }),
    leases: fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 4 }),
  });
  const weights = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(weights, fc.array(step, { maxLength: 60 }), (weights, steps) => {
      const list = servers(...weights);
      const least = new LeastConnection(list);
      const turn = new NginxModel(Object.fromEntries(list.map(({ id, weight }) => [id, weight])));
      for (const { refused, leases } of steps) {
        for (const [i, server] of list.entries()) server.leases = leases[i];
        const isRefused = (id: string) => (refused & (1 << (id.charCodeAt(0) - 97))) !== 0;
        const free = list.filter(({ id }) => !isRefused(id));
        const fewest = Math.min(...free.map(({ leases, weight }) => leases / weight));
        const tied = free.filter(({ leases, weight }) => leases / weight === fewest);
        const expected = tied.length < 2
          ? tied[0]?.id
          : turn.pick((id) => !tied.some((server) => server.id === id));
        assertEquals(least.pick(null, ({ id }) => isRefused(id))?.id, expected);
      }
    }),
    fuzzSettings("LeastConnection and nginx", 300),
  );
});
