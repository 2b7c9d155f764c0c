import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Program } from "./_program.ts";
import { deadAddress } from "../support/ports.ts";
import { answers, upstream } from "./_upstream.ts";

const LOAD_BALANCER = ["examples/load_balancer.ts"];

Deno.test("examples/load_balancer.ts balances by weight, tells it, and ends well", async () => {
  await using a = upstream("a");
  await using b = upstream("b");
  await using program = await Program.start(LOAD_BALANCER, {
    TARGETS: `${a.address},${b.address}=2`,
    ADMIN: "127.0.0.1:0",
  });
  assertStringIncludes(program.stderr, `${a.address},${b.address}`.replace(",", ", "));
  assertEquals((await answers(program.url("proxy"), 6)).sort(), ["a", "a", "b", "b", "b", "b"]);
  const metrics = await (await fetch(`${program.url("admin")}/metrics`)).text();
  assertStringIncludes(
    metrics,
    `pingo_balancer_selections_total{balancer="proxy",backend="${b.address}"} 4\n`,
  );
  assertStringIncludes(metrics, 'pingo_health_backends{set="proxy",state="healthy"} 2\n');
  program.kill("SIGTERM");
  assertEquals((await program.ended()).code, 0);
});

for (const method of ["random", "least_conn", "p2c", "ewma", "ketama", "maglev"]) {
  Deno.test(`examples/load_balancer.ts balances by METHOD=${method}`, async () => {
    await using a = upstream("a");
    await using b = upstream("b");
    await using program = await Program.start(LOAD_BALANCER, {
      TARGETS: `${a.address},${b.address}`,
      METHOD: method,
    });
    const names = new Set(await answers(program.url("proxy"), 12));
    if (method === "ketama" || method === "maglev") assertEquals(names.size, 1);
    else assertMatch([...names].sort().join(""), /^(ab|[ab])$/);
  });
}

Deno.test("examples/load_balancer.ts keeps from servers that are not well, by HEALTH_PATH", async () => {
  await using a = upstream("a");
  await using b = upstream("b");
  a.state.status.health = 503;
  await using program = await Program.start(LOAD_BALANCER, {
    TARGETS: `${a.address},${b.address},${deadAddress()}`,
    HEALTH_PATH: "/healthz",
    INTERVAL_MS: "50",
  });
  const url = program.url("proxy");
  // Two of three are not well: below the panic threshold all would be used.
  a.state.status.health = 200;
  await program.until("stderr", "backend healthy");
  assertEquals(new Set(await answers(url, 8)), new Set(["a", "b"]));
  b.state.status.health = 503;
  b.state.status.traffic = 500;
  await program.until("stderr", `backend unhealthy set=proxy backend=${b.address}`);
});

Deno.test("examples/load_balancer.ts checks by a connection when HEALTH_PATH is not set", async () => {
  await using a = upstream("a");
  await using b = upstream("b");
  const dead = deadAddress();
  await using program = await Program.start(LOAD_BALANCER, {
    TARGETS: `${a.address},${b.address},${dead}`,
    ADMIN: "127.0.0.1:0",
  });
  assertEquals(new Set(await answers(program.url("proxy"), 6)), new Set(["a", "b"]));
  const metrics = await (await fetch(`${program.url("admin")}/metrics`)).text();
  assertStringIncludes(
    metrics,
    `pingo_balancer_selections_total{balancer="proxy",backend="${dead}"} 0\n`,
  );
});

Deno.test("examples/load_balancer.ts shows its demo site without TARGETS", async () => {
  await using program = await Program.start(LOAD_BALANCER);
  assertStringIncludes((await answers(program.url("proxy"), 1))[0], "went through your proxy");
});

const refused: { name: string; env: Record<string, string>; line: RegExp }[] = [
  {
    name: "METHOD is none",
    env: { METHOD: "fastest" },
    line: /^Cannot balance by "fastest": it is /,
  },
  {
    name: "TARGETS has no port",
    env: { TARGETS: "localhost" },
    line: /^Cannot use TARGETS "localh/,
  },
  {
    name: "a weight is too large",
    env: { TARGETS: "a:1=65536" },
    line: /its weight is not from 0/,
  },
  { name: "HEALTH_PATH is no path", env: { HEALTH_PATH: "a b" }, line: /the target "a b"/ },
  { name: "INTERVAL_MS is no number", env: { INTERVAL_MS: "soon" }, line: /intervalMs is NaN/ },
];
for (const { name, env, line } of refused) {
  Deno.test(`examples/load_balancer.ts ends with 2 and one line when ${name}`, async () => {
    const { code, stderr } = await Program.run(LOAD_BALANCER, { LISTEN: "127.0.0.1:0", ...env });
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /^[^\n]+\n$/);
    assertMatch(stderr, line);
  });
}
