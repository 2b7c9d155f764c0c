import { peer } from "../../core/mod.ts";
import { UsageError } from "../usage_error.ts";

/**
 * Reads TARGET: one or more upstreams, with commas between them.
 *
 * @throws {UsageError} when one is no upstream
 */
export function readTargets(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const targets = text.split(",").map((target) => target.trim());
  for (const target of targets) check(target);
  return targets;
}

function check(target: string): void {
  try {
    peer(target);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(
      `Cannot use TARGET ${JSON.stringify(target)}: write host:port, http://host:port, ` +
        `https://host or unix:/path`,
    );
  }
}
