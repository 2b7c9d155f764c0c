import { Backend } from "../../loadbalancing/mod.ts";
import { UsageError } from "../usage_error.ts";

/** One server of TARGETS. */
export interface TargetBackend {
  /** Where it is, as `peer()` reads it. */
  readonly peer: string;
  /** Its share of the traffic. */
  readonly weight: number;
}

/**
 * Reads TARGETS: servers with commas between them, each `host:port` or `host:port=weight`.
 *
 * @param text nothing and an empty text give an empty list
 * @throws {UsageError} when one is no server, stands there twice, or its weight is not from 0 to 65535
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readBackends } from "@pingo/pingo/cli";
 *
 * assertEquals(readBackends("10.0.0.1:80, 10.0.0.2:80=3"), [
 *   { peer: "10.0.0.1:80", weight: 1 },
 *   { peer: "10.0.0.2:80", weight: 3 },
 * ]);
 * ```
 */
export function readBackends(text = ""): readonly TargetBackend[] {
  if (text === "") return [];
  const ids = new Set<string>();
  return text.split(",").map((part) => {
    const backend = backendOf(part.trim());
    const { id } = checked(part.trim(), backend);
    if (ids.has(id)) throw new UsageError(`Cannot use TARGETS: ${id} stands there twice`);
    ids.add(id);
    return backend;
  });
}

function backendOf(part: string): TargetBackend {
  const [, peer = part, weight = "1"] = /^(.*)=(\d+)$/.exec(part) ?? [];
  return { peer, weight: Number(weight) };
}

function checked(part: string, backend: TargetBackend): Backend {
  try {
    return new Backend(backend);
  } catch (error) {
    if (error instanceof RangeError) {
      throw new UsageError(
        `Cannot use TARGETS ${JSON.stringify(part)}: its weight is not from 0 to 65535`,
      );
    }
    if (!(error instanceof TypeError)) throw error;
    throw new UsageError(
      `Cannot use TARGETS ${JSON.stringify(part)}: write host:port, host:port=weight, ` +
        `http://host:port, https://host or unix:/path`,
    );
  }
}
