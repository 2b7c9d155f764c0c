import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { RoundRobin } from "@pingo/pingo/loadbalancing";
import { fuzzSettings } from "../fuzz/_settings.ts";
import { NginxModel } from "./_nginx_model.ts";
import { count, type Server, servers } from "./_support.ts";

function sequence(turn: RoundRobin, length: number): string {
  return Array.from({ length }, () => turn.pick()?.id ?? "-").join("");
}

// The first is in the comment of nginx's source, the others were counted by hand.
const known: { weights: number[]; sequence: string }[] = [
  { weights: [5, 1, 1], sequence: "aabacaa" + "aabacaa" },
  { weights: [1, 1, 1], sequence: "abcabc" },
  { weights: [1, 2], sequence: "babbab" },
  { weights: [4, 2, 1], sequence: "abacaba" },
  { weights: [7], sequence: "aaa" },
  { weights: [], sequence: "---" },
];
for (const { weights, sequence: expected } of known) {
  Deno.test(`RoundRobin.pick() goes ${expected} by weights ${weights.join(", ") || "of nobody"}`, () => {
    assertEquals(sequence(new RoundRobin(servers(...weights)), expected.length), expected);
  });
}

Deno.test("RoundRobin.pick() is nginx's model, whoever is refused and however weights change", () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ refused: fc.nat({ max: 31 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ which: fc.nat({ max: 4 }), weight: fc.integer({ min: 1, max: 50 }) }),
    },
  );
  const weights = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(weights, fc.array(step, { maxLength: 200 }), (weights, steps) => {
      const list = servers(...weights);
      const turn = new RoundRobin(list);
      const model = new NginxModel(Object.fromEntries(list.map(({ id, weight }) => [id, weight])));
      for (const step of steps) {
        if ("refused" in step) {
          const isRefused = (id: string) => (step.refused & (1 << (id.charCodeAt(0) - 97))) !== 0;
          const picked = turn.pick(null, ({ id }) => isRefused(id))?.id;
          assertEquals(picked, model.pick(isRefused));
        } else if (step.which < list.length) {
          list[step.which].weight = step.weight;
          model.peers[step.which].weight = step.weight;
          turn.update(list);
        }
      }
    }),
    fuzzSettings("RoundRobin and nginx", 300),
  );
});

Deno.test("RoundRobin.pick() gives each its weight in every round", () => {
  const weights = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(weights, (weights) => {
      const turn = new RoundRobin(servers(...weights));
      const total = weights.reduce((a, b) => a + b);
      for (let round = 0; round < 3; round++) {
        const counts = count(Array.from({ length: total }, () => turn.pick()?.id));
        assertEquals(servers(...weights).map(({ id }) => counts[id]), weights);
      }
    }),
    fuzzSettings("RoundRobin in rounds", 200),
  );
});

Deno.test("RoundRobin.update() keeps the place of those that stay, leave and come back", () => {
  const [a, b, c] = servers(5, 1, 1);
  const turn = new RoundRobin<Server>([a, b, c]);
  assertEquals(sequence(turn, 3), "aab");
  turn.update([a, c]);
  turn.update([a, b, c]);
  assertEquals(sequence(turn, 4), "acaa");
});

Deno.test("RoundRobin.update() goes by the weights that it is given", () => {
  const turn = new RoundRobin(servers(1, 1));
  turn.update(servers(1, 1), ({ id }) => id === "a" ? 0.5 : 1);
  assertEquals(count(Array.from({ length: 30 }, () => turn.pick()?.id)), { a: 10, b: 20 });
});
