// Whatever clients, upstreams and time do in whatever order: each byte arrives where it belongs, every
// exchange ends once, and what was lent comes back.

import fc from "fast-check";
import { takeFree } from "./_buffer_watch.ts";
import { Random } from "./_random.ts";
import { fuzzSettings } from "./_settings.ts";
import { TaggedWorld } from "./_tagged_world.ts";

/** Seeds of cases that went wrong once. */
const NAMED: readonly (readonly [name: string, seed: number])[] = [];

async function play(seed: number): Promise<void> {
  await new TaggedWorld(new Random(seed)).play();
  takeFree();
}

for (const [name, seed] of NAMED) {
  Deno.test(`each byte arrives where it belongs: ${name}`, () => play(seed));
}

Deno.test("each byte arrives where it belongs, whatever happens in whatever order", async () => {
  await fc.assert(fc.asyncProperty(fc.nat(), play), {
    ...fuzzSettings("interleavings", 400),
    endOnFailure: true,
  });
});
