import { createHash } from "node:crypto";

/** Longer keys are replaced by their hash: what a client sends as its key must not fill the server's memory. */
const MAX_KEY_LENGTH = 256;

/** The key in Redis of a key of a limiter. */
export function redisKey(prefix: string, key: string): string {
  if (key.length <= MAX_KEY_LENGTH) return prefix + key;
  return `${prefix}sha256:${createHash("sha256").update(key).digest("hex")}`;
}
