import { assert, assertEquals } from "@std/assert";
import { PowerOfTwo, WeightedRandom } from "@pingo/pingo/loadbalancing";
import { seeded, servers } from "./_support.ts";

const COUNT = 100;
const BALLS = 10_000;

/** How much the fullest has above the mean after this many balls. */
function excess(algorithm: PowerOfTwo | WeightedRandom): number {
  const list = servers(...Array.from({ length: COUNT }, () => 1));
  algorithm.update(list);
  const byId = new Map(list.map((server) => [server.id, server]));
  for (let i = 0; i < BALLS; i++) {
    const server = byId.get(algorithm.pick()?.id ?? "");
    if (server !== undefined) server.leases++;
  }
  return Math.max(...list.map(({ leases }) => leases)) - BALLS / COUNT;
}

Deno.test("PowerOfTwo.pick() leaves nobody far above the mean, as one draw does", () => {
  // Mitzenmacher: log log n above the mean against some sqrt(m log n / n).
  const two = excess(new PowerOfTwo([], { random: seeded(1) }));
  const one = excess(new WeightedRandom([], { random: seeded(1) }));
  assert(two <= 4, `two choices: ${two} above the mean`);
  assert(one >= 15, `one choice: ${one} above the mean`);
});

Deno.test("PowerOfTwo.pick() counts requests under way by weight", () => {
  const list = servers(4, 1);
  [list[0].leases, list[1].leases] = [3, 1];
  const two = new PowerOfTwo(list, { random: seeded(3) });
  for (let i = 0; i < 20; i++) assertEquals(two.pick()?.id, "a");
});

Deno.test("PowerOfTwo.pick() takes the only one that is not refused, however busy", () => {
  const list = servers(1, 1);
  list[0].leases = 1000;
  assertEquals(new PowerOfTwo(list).pick(null, ({ id }) => id === "b")?.id, "a");
});
