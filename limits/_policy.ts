import type { LimitPolicy } from "./limit_state.ts";
import { type Rate, rateOf } from "./rate.ts";

/** What a String of RFC 9651 §3.3.3 can hold. */
const NAME = /^[\x20-\x7e]+$/;

/**
 * A rule's public side.
 *
 * @throws {TypeError} if the name cannot stand in a header field, or the text is no rate
 * @throws {RangeError} if a number of the rate is out of its range
 */
export function policyOf(rate: Rate | string, name = "default"): LimitPolicy {
  if (!NAME.test(name)) {
    throw new TypeError(
      `Cannot name a limit ${JSON.stringify(name)}: write visible ASCII and blanks`,
    );
  }
  return Object.freeze({ name, ...rateOf(rate) });
}

/**
 * A rule that counts in windows.
 *
 * @throws {RangeError} if the limit is below 1: nothing would ever fit into a window
 */
export function windowPolicyOf(rate: Rate | string, name?: string): LimitPolicy {
  const policy = policyOf(rate, name);
  if (policy.limit < 1) {
    throw new RangeError(
      `Cannot count in windows: limit ${policy.limit} is below 1; take a longer window`,
    );
  }
  return policy;
}
