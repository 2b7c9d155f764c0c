import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { serveHostile } from "./_hostile.ts";
import { arrival } from "./_cut.ts";
import { mutate, mutations } from "./_mutations.ts";
import { fuzzSettings } from "./_settings.ts";
import { validRequest } from "./_valid_requests.ts";

Deno.test("what a handler sees of mutated requests is what a second reader finds in them (property)", async () => {
  const counts = { requests: 0, refused: 0, broken: 0 };
  await fc.assert(
    fc.asyncProperty(
      fc.array(validRequest, { minLength: 1, maxLength: 3 }),
      mutations,
      arrival,
      fc.constantFrom("all", "all", "none"),
      async (requests, changes, arrival, use) => {
        const text = mutate(requests.map(({ text }) => text).join(""), changes);
        const { seen, isRefused } = await serveHostile(text, { arrival, use });
        counts.requests += seen.length;
        counts.refused += isRefused ? 1 : 0;
        counts.broken += seen.filter(({ isBroken }) => isBroken).length;
      },
    ),
    fuzzSettings("mutated requests", 9_000),
  );
  console.log(counts);
  assert(counts.requests > 0 && counts.refused > 0);
});

Deno.test("bytes without meaning are refused, and nothing is seen (property)", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), arrival, async (bytes, arrival) => {
      const { seen } = await serveHostile(String.fromCharCode(...bytes), { arrival, use: "all" });
      assertEquals(seen, []);
    }),
    fuzzSettings("random bytes", 1_500),
  );
});
