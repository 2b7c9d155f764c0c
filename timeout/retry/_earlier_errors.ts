import { ProxyError } from "../../errors/mod.ts";

/**
 * The last error of several attempts, with those of the earlier ones as its
 * cause. A `ProxyError` is copied, since others may hold it; another error
 * that has no cause yet gets one, so that its identity stays. What cannot
 * carry a cause is left as it is.
 */
export function withEarlierErrors(
  last: unknown,
  earlier: readonly unknown[],
  text: string,
): unknown {
  if (last instanceof ProxyError) {
    const cause = earlier.length === 0 ? last.cause : causeOf(last.cause, earlier);
    return new ProxyError(last.kind, last.message, {
      cause,
      source: last.source,
      retry: last.retry,
      status: last.status,
      headers: last.headers,
      context: [...last.context, text],
    });
  }
  const isFree = last instanceof Error && last.cause === undefined && Object.isExtensible(last);
  if (earlier.length > 0 && isFree && !earlier.some((each) => holds(each, last))) {
    Object.defineProperty(last, "cause", {
      value: causeOf(undefined, earlier),
      configurable: true,
      writable: true,
    });
  }
  return last;
}

function causeOf(own: unknown, earlier: readonly unknown[]): unknown {
  const all = own === undefined ? earlier : [own, ...earlier];
  if (all.length === 1) return all[0];
  const times = earlier.length === 1 ? "attempt" : "attempts";
  return new AggregateError(all, `${earlier.length} earlier ${times} failed`);
}

/** Whether an error leads to another one: linking that back would make a ring. */
function holds(error: unknown, other: Error, depth = 0): boolean {
  if (error === other) return true;
  // Beyond that depth a ring is taken for granted.
  if (depth > 16) return true;
  if (!(error instanceof Error)) return false;
  const inner = error instanceof AggregateError ? error.errors : [];
  return [error.cause, ...inner].some((each) =>
    each instanceof Error && holds(each, other, depth + 1)
  );
}
