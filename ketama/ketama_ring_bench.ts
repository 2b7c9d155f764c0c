import ConsistentHash from "consistent-hash";
import HashRing from "hashring";
import { BoundedLoads } from "./bounded_loads.ts";
import { KetamaRing } from "./ketama_ring.ts";

function addresses(n: number): string[] {
  return Array.from({ length: n }, (_, i) => `10.0.${i >> 8}.${i & 255}:8080`);
}
function servers(n: number): { address: string }[] {
  return addresses(n).map((address) => ({ address }));
}

// The keys change, so that neither a cache of a library nor one of the processor knows the way.
const keys = Array.from({ length: 8192 }, (_, i) => `/images/${i * 7919}/photo.jpg`);
let turn = 0;
function nextKey(): string {
  return keys[turn = (turn + 1) & 8191];
}

function consistentHash(n: number): ConsistentHash {
  const hash = new ConsistentHash({ range: 2 ** 32, weight: 160 });
  for (const address of addresses(n)) hash.add(address);
  return hash;
}

for (const n of [10, 625]) {
  const nginx = new KetamaRing(servers(n));
  const libketama = new KetamaRing(servers(n), { variant: "libketama" });
  // 40 digests a server, as in libketama. Its cache of answers is off as far as it can be: 0 makes it throw.
  const hashring = new HashRing(addresses(n), "md5", { "max cache size": 1 });
  const consistent = consistentHash(n);
  const bounded = new BoundedLoads(nginx, () => 1);

  // What does a look-up cost?
  const look = { group: `look-up among ${n * 160} points` };
  Deno.bench(`KetamaRing.indexOf(), ${n} servers`, { ...look, baseline: true }, () => {
    nginx.indexOf(nextKey());
  });
  Deno.bench(`KetamaRing.get(), ${n} servers`, look, () => {
    nginx.get(nextKey());
  });
  Deno.bench(`KetamaRing.findIndex(), ${n} servers`, look, () => {
    nginx.findIndex(nextKey(), () => true);
  });
  Deno.bench(`KetamaRing.get(), libketama, ${n} servers`, look, () => {
    libketama.get(nextKey());
  });
  Deno.bench(`BoundedLoads.indexOf(), ${n} servers`, look, () => {
    bounded.indexOf(nextKey());
  });
  Deno.bench(`hashring get(), ${n} servers`, look, () => {
    hashring.get(nextKey());
  });
  Deno.bench(`consistent-hash get(), ${n} servers`, look, () => {
    consistent.get(nextKey());
  });
}

// What does it cost when one of 625 servers comes, goes, or changes its weight?
const ring = new KetamaRing(servers(625));
const list = servers(626);
const change = { group: "change one of 625 servers" };
Deno.bench("a new ring", { ...change, baseline: true }, () => {
  new KetamaRing(list);
});
Deno.bench("add()", change, () => {
  ring.add(list[625]);
});
Deno.bench("remove()", change, () => {
  ring.remove(list[300].address);
});
Deno.bench("update()", change, () => {
  ring.update({ ...list[300], weight: 2 });
});
const hashring = new HashRing(addresses(625), "md5", { "max cache size": 1 });
Deno.bench("hashring remove() and add()", change, () => {
  hashring.remove(list[300].address);
  hashring.add(list[300].address);
});
