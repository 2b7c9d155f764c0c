import { ProxyError } from "../../errors/mod.ts";
import { OutlierPolicy } from "./outlier_policy.ts";

const hosts = Array.from({ length: 16 }, (_, n) => ({ id: `10.0.0.${n}:80` }));
const success = { status: 200, error: null, durationMs: 3 };
const failure = { status: 503, error: null, durationMs: 3 };
const refused = { status: null, error: new ProxyError("connect_refused"), durationMs: 3 };
const group = "to report the end of an attempt, 16 hosts";

/** What any counter by host costs. */
const counts = new Map(hosts.map((host) => [host, { total: 0 }]));
let turn = 0;

Deno.bench("a look-up in a Map and an addition", { group, baseline: true }, () => {
  const count = counts.get(hosts[turn++ & 15]);
  if (count !== undefined) count.total++;
});

const healthy = policy();
Deno.bench("a success", { group }, () => healthy.report(hosts[turn++ & 15], success));

const split = policy(true);
Deno.bench("a success, local failures apart", { group }, () => {
  split.report(hosts[turn++ & 15], success);
});

const mixed = policy();
Deno.bench("a failure among seven successes", { group }, () => {
  const host = hosts[(turn >> 3) & 15];
  mixed.report(host, (turn++ & 7) === 0 ? failure : success);
});

const broken = policy();
Deno.bench("failures without end, one host ejected", { group }, () => {
  broken.report(hosts[turn++ & 15], refused);
});

const sweeping = policy();
for (const host of hosts) for (let n = 0; n < 100; n++) sweeping.report(host, success);
Deno.bench("a sweep", { group: "to end an interval, 16 hosts", baseline: true }, () => {
  sweeping.sweep();
});

function policy(splitLocalFailures = false): OutlierPolicy<{ id: string }> {
  const policy = new OutlierPolicy<{ id: string }>({ splitLocalFailures });
  policy.setHosts(hosts);
  return policy;
}
