import { type Clock, sleep } from "../../timeout/mod.ts";

/**
 * Does something again and again until the signal fires.
 *
 * @param step does it once; gives the pause until the next time
 */
export async function poll(
  step: () => Promise<number>,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<void> {
  try {
    while (!signal.aborted) await sleep(await step(), { clock, signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
