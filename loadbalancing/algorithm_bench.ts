import { BALANCING_METHODS, balancingMethod } from "./balancing_method.ts";

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
