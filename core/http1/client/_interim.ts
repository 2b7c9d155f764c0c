import { ProxyError } from "../../../errors/mod.ts";
import { fieldBit, KnownField } from "../codec/mod.ts";
import type { ClientExchangeOptions } from "./client_exchange_options.ts";
import { badResponse } from "./_failures.ts";
import type { ResponseSlot } from "./_response_slot.ts";

/** An upstream that sends more interim responses than these has lost its way. */
const MAX_INTERIM = 256;
const FRAMING_BITS = fieldBit(KnownField.CONTENT_LENGTH) | fieldBit(KnownField.TRANSFER_ENCODING);

/** Whether the head in a slot is interim (RFC 9110 §15.2): another one follows. 101 is final. */
export function isInterim({ head: { status } }: ResponseSlot): boolean {
  return status < 200 && status !== 101;
}

/**
 * Takes an interim response: checks it, and hands it on where it is not the 100 that this side has asked
 * for.
 */
export function takeInterim(slot: ResponseSlot, options: ClientExchangeOptions): void {
  const { head } = slot;
  if (++slot.interimCount > MAX_INTERIM) throw badResponse("it consists of interim responses");
  // RFC 9110 §8.6, RFC 9112 §6.1: what follows would have two readings.
  if (!head.isKeepAlive && (head.fields & FRAMING_BITS) !== 0) {
    throw badResponse("an interim response announces content");
  }
  if (head.status === 100) return;
  try {
    options.observer?.informed?.(head);
  } catch (error) {
    throw ProxyError.from(error);
  }
}
