import type { HeaderMap } from "../../http/mod.ts";
import type { WireResponseHead } from "../codec/mod.ts";

/**
 * Whether a 101 is the answer to this request: it asked for an upgrade, and the upstream has chosen one of
 * the protocols that it named (RFC 9110 §7.8).
 */
export function isUpgradeAgreed(request: HeaderMap, response: WireResponseHead): boolean {
  if (!response.isUpgrade || !members(request.get("connection")).includes("upgrade")) return false;
  const asked = members(request.get("upgrade"));
  const chosen = members(response.headers.get("upgrade"));
  return chosen.length > 0 && chosen.every((protocol) => asked.includes(protocol));
}

function members(list: string | null): string[] {
  if (list === null) return [];
  return list.toLowerCase().split(",").map((member) => member.trim()).filter((each) => each !== "");
}
