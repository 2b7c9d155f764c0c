import type { Parameters } from "fast-check";

/**
 * How often a property is tried, and with which seed. `FUZZ_SEED` repeats a run, `FUZZ_RUNS` multiplies it:
 *
 *     FUZZ_SEED=-12345 FUZZ_RUNS=50 deno test -A tests/fuzz
 */
export function fuzzSettings(property: string, runs: number): Parameters<unknown> {
  const seed = Number(Deno.env.get("FUZZ_SEED") ?? Math.floor(Math.random() * 2 ** 31));
  const numRuns = Math.ceil(runs * Number(Deno.env.get("FUZZ_RUNS") ?? 1));
  console.log(`${property}: FUZZ_SEED=${seed}, ${numRuns} cases`);
  return { seed, numRuns };
}
