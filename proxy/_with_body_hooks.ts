import { type Body, type Exchange, hasNoContent, type Reply } from "../core/mod.ts";
import { HookedBody } from "./_hooked_body.ts";
import type { BodyPhase } from "./phases.ts";

/** A reply whose content passes through the hooks of a phase. */
export function withBodyHooks<State>(
  exchange: Exchange<State>,
  reply: Reply,
  phase: BodyPhase<State>,
  onTrailers?: (trailers: NonNullable<Body["trailers"]>) => void,
): Reply {
  if (reply.body === null || (phase.hooks.length === 0 && onTrailers === undefined)) return reply;
  const keepsLength = !phase.isTransforming;
  // Of a HEAD response the field tells of the content that GET would give, which the hooks have not seen.
  if (!keepsLength || hasNoContent(exchange.request.method, reply.status)) {
    reply.headers.delete("content-length");
  }
  const { hooks } = phase;
  return {
    ...reply,
    body: new HookedBody(reply.body, { exchange, hooks, keepsLength, onTrailers }),
  };
}
