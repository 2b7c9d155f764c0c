/**
 * Calls a function when a signal fires. The signal must not have fired yet.
 *
 * @returns a function that takes the listener off again
 */
export function onAbort(
  signal: AbortSignal | undefined,
  listener: () => void,
): () => void {
  if (signal === undefined) return nothing;
  signal.addEventListener("abort", listener, { once: true });
  return () => signal.removeEventListener("abort", listener);
}

function nothing(): void {}
