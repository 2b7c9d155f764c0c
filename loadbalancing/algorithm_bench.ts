import { P2cBalancer, RandomBalancer } from "load-balancers";
import { BALANCING_METHODS, balancingMethod } from "./balancing_method.ts";
import { PowerOfTwo } from "./power_of_two.ts";
import { WeightedRandom } from "./weighted_random.ts";

const candidates = Array.from({ length: 10 }, (_, i) => ({
  id: `10.0.0.1:${i + 1}`,
  weight: 1 + i % 3,
  leases: i % 4,
}));

for (const name of BALANCING_METHODS) {
  const algorithm = balancingMethod(name).create();
  algorithm.update(candidates);
  Deno.bench(name, { group: "pick alone, 10 candidates", baseline: name === "round_robin" }, () => {
    algorithm.pick("/some/path/of/a/cat.jpg");
  });
}

// What a user of npm would take. It knows no weights, and nobody who may not be chosen; its "load" is how often
// it chose, not what is under way.
const equal = candidates.map((each) => ({ ...each, weight: 1 }));
const group = "pick alone, 10 candidates of equal weight";
const two = new PowerOfTwo(equal);
const dice = new WeightedRandom(equal);
const npmTwo = new P2cBalancer(equal.length);
const npmDice = new RandomBalancer(equal.length);
Deno.bench("PowerOfTwo", { group, baseline: true }, () => void two.pick());
Deno.bench("load-balancers' P2cBalancer", { group }, () => void npmTwo.pick());
Deno.bench("WeightedRandom", { group }, () => void dice.pick());
Deno.bench("load-balancers' RandomBalancer", { group }, () => void npmDice.pick());
