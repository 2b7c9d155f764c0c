import { assert, assertEquals } from "@std/assert";
import { KetamaRing } from "@pingo/pingo/ketama";
import { needs } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { startBalancingNginx } from "./_nginx.ts";

const keys = [
  ...Array.from({ length: 400 }, (_, i) => `/images/${i}/photo.jpg`),
  ...["é", "鍵", "😀", "x".repeat(300)],
];

Deno.test({
  ...needs("nginx", "KetamaRing and a running nginx choose the same servers"),
  async fn(t) {
    const folder = await Deno.makeTempDir();
    const [one, two, three] = [freePort(), freePort(), freePort()].map((port) =>
      `127.0.0.1:${port}`
    );
    const dead = "127.0.0.1:1"; // tcpmux: nobody has that any more
    const socket = `unix:${folder}/a.sock`;
    const all = [
      { address: one },
      { address: two, weight: 3 },
      { address: socket, weight: 2 },
      { address: three },
    ];
    const failing = [...all, { address: dead, weight: 2 }];
    const lists = { all, failing, fewer: all.slice(1) };
    try {
      await using nginx = await startBalancingNginx(folder, {
        lists,
        alive: [one, two, three, socket],
      });

      await t.step("weights and a unix socket", async () => {
        const ring = new KetamaRing(all);
        const met = new Set<string>();
        for (const key of keys) {
          met.add(ring.get(key));
          assertEquals(await nginx.tried("all", key), [ring.get(key)], key);
        }
        assertEquals(met.size, 4);
      });
      await t.step("a server removed", async () => {
        const ring = new KetamaRing(all).remove(one);
        for (const key of keys) assertEquals(await nginx.tried("fewer", key), [ring.get(key)], key);
      });
      await t.step("a server that refuses: the next one of iterate()", async () => {
        const ring = new KetamaRing(all).add({ address: dead, weight: 2 });
        let failed = 0;
        for (const key of keys) {
          const [first, second] = ring.iterate(key);
          const expected = first === dead ? [first, second] : [first];
          failed += expected.length - 1;
          assertEquals(await nginx.tried("failing", key), expected, key);
        }
        assert(failed > 20);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});
