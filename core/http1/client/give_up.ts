import type { Body } from "../../http/mod.ts";

/** Cancels the content of a request that is not going to be sent. */
export function giveUp(body: Body | null, reason: unknown): void {
  try {
    body?.cancel(reason);
  } catch {
    // There is an error on its way already that says more.
  }
}
