import { fieldBit, KnownField, type WireResponseHead } from "../codec/mod.ts";

const KEEP_ALIVE_BIT = fieldBit(KnownField.KEEP_ALIVE);
const TIMEOUT = Uint8Array.from("timeout=", (c) => c.charCodeAt(0));
/** The upstream counts from when it sent, we from when we received: it is taken for shorter. */
const MARGIN_MS = 1_000;

/**
 * How long a connection may be idle, by the `Keep-Alive: timeout=5` that many servers send (Node, Apache);
 * Infinity when they do not say. It is a hint of no standard that tells of the race in advance.
 */
export function keepAliveHintMs(head: WireResponseHead): number {
  if ((head.fields & KEEP_ALIVE_BIT) === 0) return Infinity;
  const { headers, bytes } = head;
  const place = headers.findKnown(KnownField.KEEP_ALIVE);
  const end = headers.valueEnd(place);
  for (let i = headers.valueStart(place); i + TIMEOUT.length < end; i++) {
    let j = 0;
    while (j < TIMEOUT.length && (bytes[i + j] | 32) === (TIMEOUT[j] | 32)) j++;
    if (j < TIMEOUT.length) continue;
    let seconds = 0;
    i += j;
    if (bytes[i] < 48 || bytes[i] > 57) return Infinity;
    for (; i < end && bytes[i] >= 48 && bytes[i] <= 57; i++) seconds = seconds * 10 + bytes[i] - 48;
    const ms = Math.min(seconds, 86_400) * 1_000;
    return Math.max(ms - MARGIN_MS, ms / 2);
  }
  return Infinity;
}
