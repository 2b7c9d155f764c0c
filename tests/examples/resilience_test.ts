import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Program } from "./_program.ts";
import { deadAddress } from "../support/ports.ts";
import { answers, upstream } from "./_upstream.ts";

const RESILIENCE = ["examples/resilience.ts"];

/** The value of a series, as /metrics tells it. */
async function metric(program: Program, series: string): Promise<number> {
  const text = await (await fetch(`${program.url("admin")}/metrics`)).text();
  const line = text.split("\n").find((each) => each.startsWith(`${series} `));
  if (line === undefined) throw new Error(`Cannot find ${series} in:\n${text}`);
  return Number(line.slice(series.length));
}

Deno.test("examples/resilience.ts shows no client that a server is dead, one stalls and one fails", async () => {
  await using well = upstream("well");
  await using stalling = upstream("stalling");
  await using failing = upstream("failing");
  stalling.state.isStalling = true;
  failing.state.status.traffic = 500;
  await using program = await Program.start(RESILIENCE, {
    TARGETS: [well, stalling, failing].map(({ address }) => address).join() + `,${deadAddress()}`,
    HEAD_MS: "200",
    MAX_LAG_MS: "60000",
    ADMIN: "127.0.0.1:0",
  });
  const url = program.url("proxy");
  assertEquals(new Set(await answers(url, 30)), new Set(["well"]));
  assert(stalling.state.asked > 0 && failing.state.asked > 0);
  // Its circuit is open: it is not asked at every second request any more.
  const labels = `{balancer="proxy",backend="${failing.address}"}`;
  assertEquals(await metric(program, `pingo_host_breaker_open${labels}`), 1);
  assert(failing.state.asked < 15, `${failing.state.asked}`);
  assertEquals(await metric(program, 'pingo_load_shed_total{reason="lag"}'), 0);
  stalling.release();
  program.kill("SIGTERM");
  assertEquals((await program.ended()).code, 0);
});

Deno.test("examples/resilience.ts asks a second server after HEDGE_MS", async () => {
  await using well = upstream("well");
  await using stalling = upstream("stalling");
  stalling.state.isStalling = true;
  await using program = await Program.start(RESILIENCE, {
    TARGETS: `${stalling.address},${well.address}`,
    HEAD_MS: "60000",
    HEDGE_MS: "20",
    ADMIN: "127.0.0.1:0",
  });
  assertEquals(await answers(program.url("proxy"), 4), ["well", "well", "well", "well"]);
  assert(stalling.state.asked > 0);
  const won = await metric(program, 'pingo_upstream_hedges_total{service="proxy",event="won"}');
  assertEquals(won, stalling.state.asked);
});

Deno.test("examples/resilience.ts turns away what is more than MAX_IN_FLIGHT", async () => {
  await using slow = upstream("slow");
  slow.state.isStalling = true;
  await using program = await Program.start(RESILIENCE, {
    TARGETS: slow.address,
    HEAD_MS: "60000",
    MAX_IN_FLIGHT: "1",
    ADMIN: "127.0.0.1:0",
  });
  const url = program.url("proxy");
  const first = answers(url, 1);
  while (slow.state.asked === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const refused = await fetch(url);
  await refused.body?.cancel();
  assertEquals([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  assertEquals(await metric(program, 'pingo_concurrency_rejected_total{limit="default"}'), 1);
  assertEquals(await metric(program, 'pingo_concurrency_in_flight{limit="default"}'), 1);
  slow.release();
  assertEquals(await first, ["slow"]);
});

Deno.test("examples/resilience.ts turns requests away when it is late by MAX_LAG_MS", async () => {
  await using well = upstream("well");
  await using program = await Program.start(RESILIENCE, {
    TARGETS: well.address,
    // Timers are always late by a little.
    MAX_LAG_MS: "0.000001",
    ADMIN: "127.0.0.1:0",
  });
  while ((await answers(program.url("proxy"), 1))[0] !== "503");
  assert(await metric(program, 'pingo_load_shed_total{reason="lag"}') > 0);
});

Deno.test("examples/resilience.ts does not send a POST again that a server has answered", async () => {
  await using one = upstream("one");
  await using two = upstream("two");
  one.state.status.traffic = two.state.status.traffic = 500;
  await using program = await Program.start(RESILIENCE, {
    TARGETS: `${one.address},${two.address}`,
  });
  const response = await fetch(program.url("proxy"), { method: "POST", body: "order" });
  assertEquals([response.status, ["one", "two"].includes(await response.text())], [500, true]);
  assertEquals(one.state.asked + two.state.asked, 1);
});

Deno.test("examples/resilience.ts goes on to serve its demo site without TARGETS", async () => {
  await using program = await Program.start(RESILIENCE);
  assertStringIncludes((await answers(program.url("proxy"), 1))[0], "went through your proxy");
});

const refused: { name: string; env: Record<string, string>; line: RegExp }[] = [
  { name: "HEAD_MS is 0", env: { HEAD_MS: "0" }, line: /timeouts\.headMs 0 is not above 0/ },
  { name: "HEDGE_MS is no number", env: { HEDGE_MS: "soon" }, line: /hedge\.delayMs NaN is not/ },
  { name: "MAX_IN_FLIGHT is no number", env: { MAX_IN_FLIGHT: "many" }, line: /NaN/ },
  { name: "MAX_LAG_MS is 0", env: { MAX_LAG_MS: "0" }, line: /maxLagMs 0 is not a finite number/ },
  { name: "INTERVAL_MS is 0", env: { INTERVAL_MS: "0" }, line: /intervalMs is 0/ },
  { name: "TARGETS stands twice", env: { TARGETS: "a:1,a:1" }, line: /a:1 stands there twice/ },
];
for (const { name, env, line } of refused) {
  Deno.test(`examples/resilience.ts ends with 2 and one line when ${name}`, async () => {
    const { code, stderr } = await Program.run(RESILIENCE, { LISTEN: "127.0.0.1:0", ...env });
    assertEquals(code, 2, stderr);
    assertMatch(stderr, /^[^\n]+\n$/);
    assertMatch(stderr, line);
  });
}
