import { assertRejects } from "@std/assert";
import {
  type Body,
  CancelSource,
  type Peer,
  peer,
  readText,
  type Reply,
  requestHead,
  type RequestHeadInit,
  type Transport,
  type TransportOptions,
} from "../../../core/mod.ts";
import { type ErrorKind, ProxyError } from "../../../errors/mod.ts";

/** What {@linkcode send} takes beside the peer. */
export interface SendInit extends RequestHeadInit {
  body?: Body | null;
  options?: Partial<TransportOptions>;
}

/** One exchange with an upstream. */
export function send(
  transport: Transport,
  to: Peer | string,
  init: SendInit = {},
): Promise<Reply> {
  const { body = null, options, ...head } = init;
  return transport.exchange(requestHead({ authority: "app.example", ...head }), body, {
    peer: typeof to === "string" ? peer(to) : to,
    cancel: new CancelSource(),
    ...options,
  });
}

/** The content of a reply, which is then over. */
export async function textOf(reply: Reply): Promise<string> {
  const text = reply.body === null ? "" : await readText(reply.body);
  reply.release?.();
  return text;
}

/** The kind of the error that a promise rejects with. */
export async function kindOf(promise: Promise<unknown>): Promise<ErrorKind> {
  return (await assertRejects(() => promise, ProxyError)).kind;
}

/** Waits until something holds, which other parts of the program bring about. */
export async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns++) {
    if (turns > 20_000) throw new Error("It never held");
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}
