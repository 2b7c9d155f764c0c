import { EARLY_MS } from "./_rule.ts";

/**
 * The arithmetic of a sliding window counter, apart from where the two counts are kept. The window before
 * counts for the part of it that still lies inside of the sliding one.
 */

/** What a limit has used up of itself, with `early` as the weight of what comes a bit too early. */
export function slidingUsed(
  previous: number,
  current: number,
  elapsedMs: number,
  windowMs: number,
): number {
  const restMs = windowMs - elapsedMs - EARLY_MS;
  return restMs > 0 ? current + previous * restMs / windowMs : current;
}

/**
 * Milliseconds until units fit. The number must fit at all.
 *
 * @param room the limit less the units
 */
export function slidingDelayMs(
  previous: number,
  current: number,
  elapsedMs: number,
  windowMs: number,
  room: number,
): number {
  if (slidingUsed(previous, current, elapsedMs, windowMs) <= room) return 0;
  // In this window, as soon as the one before weighs little enough …
  if (current <= room) return windowMs - elapsedMs - windowMs * (room - current) / previous;
  // … or in the next one, where this one is the one before.
  return windowMs - elapsedMs + windowMs * (1 - room / current);
}
