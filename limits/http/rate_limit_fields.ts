import type { LimitPolicy, LimitState } from "../mod.ts";

/** What units are, in `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11 §3.1.2). */
export type QuotaUnit = "requests" | "content-bytes" | "concurrent-requests";

/** All of them. */
export const QUOTA_UNITS: readonly QuotaUnit[] = [
  "requests",
  "content-bytes",
  "concurrent-requests",
];

/** Options of {@linkcode rateLimitPolicy}. */
export interface RateLimitPolicyOptions {
  /**
   * What a unit is; only told where it is not the draft's own default.
   *
   * @default {"requests"}
   */
  unit?: QuotaUnit;
}

/** The largest Integer of RFC 9651 §3.3.1. */
const MAX_INTEGER = 999_999_999_999_999;

/**
 * The value of `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-11 §3): which rules there are.
 *
 * A window is told where it is a whole number of seconds, since the draft has no other; a rate below one
 * unit in its window is told as one unit in a longer one.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rateLimitPolicy } from "@pingo/pingo/limits/http";
 *
 * const policies = [{ name: "burst", limit: 100, windowMs: 60_000 }, {
 *   name: "daily",
 *   limit: 1_000,
 *   windowMs: 86_400_000,
 * }];
 * assertEquals(rateLimitPolicy(policies), '"burst";q=100;w=60, "daily";q=1000;w=86400');
 * ```
 */
export function rateLimitPolicy(
  policies: readonly LimitPolicy[],
  options: RateLimitPolicyOptions = {},
): string {
  const { unit = "requests" } = options;
  const quotaUnit = unit === "requests" ? "" : `;qu="${unit}"`;
  return policies.map((policy) => {
    const isBelowOne = policy.limit < 1;
    const quota = isBelowOne ? 1 : Math.floor(policy.limit);
    const windowMs = isBelowOne ? policy.windowMs / policy.limit : policy.windowMs;
    const window = windowMs % 1_000 === 0 ? `;w=${integer(windowMs / 1_000)}` : "";
    return `${quoted(policy.name)};q=${integer(quota)}${quotaUnit}${window}`;
  }).join(", ");
}

/**
 * The value of `RateLimit` (draft-ietf-httpapi-ratelimit-headers-11 §4): how the tightest rule stands.
 *
 * `t` is the time until all of the quota is back; of a refusal, the time until the request can come again,
 * which `Retry-After` tells too and may not undercut (§6).
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { rateLimitState } from "@pingo/pingo/limits/http";
 * import { FixedWindowLimiter } from "@pingo/pingo/limits";
 *
 * const limiter = new FixedWindowLimiter("100/m");
 * limiter.allow(50);
 * assertEquals(rateLimitState(limiter.take()), '"default";r=49;t=60');
 * ```
 */
export function rateLimitState(state: LimitState): string {
  return `${quoted(state.policy.name)};r=${integer(state.remaining)}${effectiveWindow(state)}`;
}

function effectiveWindow({ resetMs, retryAfterMs }: LimitState): string {
  const seconds = retryAfterMs > 0 ? retryAfterSeconds(retryAfterMs) : Math.ceil(resetMs / 1_000);
  // Of a full quota, and of what never comes, there is no time to tell.
  return seconds > 0 && seconds < Infinity ? `;t=${integer(seconds)}` : "";
}

/**
 * The value of `Retry-After` in seconds: never too early, and never 0, which some clients take for no
 * pause at all.
 *
 * @returns Infinity where coming again is of no use
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { retryAfterSeconds } from "@pingo/pingo/limits/http";
 *
 * assertEquals([1, 1_000, 1_001].map(retryAfterSeconds), [1, 1, 2]);
 * ```
 */
export function retryAfterSeconds(retryAfterMs: number): number {
  return Math.max(1, Math.ceil(retryAfterMs / 1_000));
}

/** A String (RFC 9651 §3.3.3); that a policy's name has no other characters is seen to where it is made. */
function quoted(name: string): string {
  // Told with each answer, and nearly never has one of the two.
  const isPlain = !name.includes('"') && !name.includes("\\");
  return isPlain ? `"${name}"` : `"${name.replace(/["\\]/g, "\\$&")}"`;
}

function integer(n: number): number {
  return Math.min(MAX_INTEGER, n);
}
