import { KetamaRing } from "../ketama/mod.ts";
import { MaglevTable } from "./maglev_table.ts";

function servers(n: number): { address: string }[] {
  return Array.from({ length: n }, (_, i) => ({ address: `10.0.${i >> 8}.${i & 255}:8080` }));
}
const keys = Array.from({ length: 8192 }, (_, i) => `/images/${i * 7919}/photo.jpg`);
let turn = 0;
function nextKey(): string {
  return keys[turn = (turn + 1) & 8191];
}

const list = servers(100);
const table = new MaglevTable(list);
const ring = new KetamaRing(list);

// What does a look-up cost, beside the ring?
const look = { group: "look-up, 100 servers" };
Deno.bench("MaglevTable.indexOf()", { ...look, baseline: true }, () => {
  table.indexOf(nextKey());
});
Deno.bench("MaglevTable.findIndex(), the first refused", look, () => {
  let offered = 0;
  table.findIndex(nextKey(), () => offered++ > 0);
});
Deno.bench("KetamaRing.indexOf()", look, () => {
  ring.indexOf(nextKey());
});

// What does another table cost when servers change?
const fill = { group: "fill 65,537 entries" };
for (const n of [10, 100, 1000]) {
  const list = servers(n);
  Deno.bench(`${n} servers`, { ...fill, baseline: n === 10 }, () => {
    new MaglevTable(list);
  });
}
