/**
 * Calls all listeners. One that throws does not keep the others from hearing; the first error goes on to the
 * caller, once all have heard.
 */
export function tellAll<First, Second>(
  listeners: ReadonlySet<(first: First, second: Second) => void>,
  first: First,
  second: Second,
): void {
  let hasThrown = false;
  let thrown: unknown;
  for (const fn of listeners) {
    try {
      fn(first, second);
    } catch (error) {
      if (!hasThrown) thrown = error;
      hasThrown = true;
    }
  }
  if (hasThrown) throw thrown;
}
