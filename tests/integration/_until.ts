import { sleep } from "../../timeout/mod.ts";

/** Looks again and again until a condition holds. */
export async function until(
  what: string,
  holds: () => boolean,
  options: { readonly deadlineMs?: number } = {},
): Promise<void> {
  const { deadlineMs = 30_000 } = options;
  for (const start = performance.now(); !holds();) {
    if (performance.now() - start > deadlineMs) {
      throw new Error(`Cannot go on: ${what} is not so after ${deadlineMs} ms`);
    }
    await sleep(10);
  }
}
