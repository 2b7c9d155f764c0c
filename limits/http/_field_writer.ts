import { type HeaderMap, type Reply, toReply } from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import type { AsyncLimiter, Decision, RateLimiter } from "../mod.ts";
import {
  QUOTA_UNITS,
  type QuotaUnit,
  rateLimitPolicy,
  rateLimitState,
  retryAfterSeconds,
} from "./rate_limit_fields.ts";
import type { OwnAnswer } from "./_refuse.ts";

/** What the user has chosen. */
interface FieldChoice {
  readonly headers?: "draft" | "legacy" | "both" | "none";
  readonly unit?: QuotaUnit;
}

/** Writes what a decision tells, by the given function. */
export type FieldWriter = (decision: Decision, write: WriteField) => void;

/** `isList`: several lines of the field are one list, so that an upstream's own is left. */
type WriteField = (name: string, value: string, isList: boolean) => void;

/**
 * The writer of a choice; null where nothing is told.
 *
 * @throws {TypeError} if there is no such choice
 */
export function fieldWriter(
  { policies }: AsyncLimiter | RateLimiter,
  { headers = "draft", unit }: FieldChoice,
): FieldWriter | null {
  if (unit !== undefined && !QUOTA_UNITS.includes(unit)) {
    throw new TypeError(`Cannot limit the rate: unit ${JSON.stringify(unit)} is no choice`);
  }
  // Told once: it does not change.
  const policy = rateLimitPolicy(policies, { unit });
  const draft: FieldWriter = (decision, write) => {
    write("RateLimit-Policy", policy, true);
    write("RateLimit", rateLimitState(decision), true);
  };
  const legacy: FieldWriter = (decision, write) => {
    write("X-RateLimit-Limit", String(Math.floor(decision.limit)), false);
    write("X-RateLimit-Remaining", String(decision.remaining), false);
    write("X-RateLimit-Reset", String(Math.ceil(decision.resetMs / 1_000)), false);
  };
  switch (headers) {
    case "draft":
      return draft;
    case "legacy":
      return legacy;
    case "both":
      return (decision, write) => {
        draft(decision, write);
        legacy(decision, write);
      };
    case "none":
      return null;
    default:
      throw new TypeError(`Cannot limit the rate: headers ${JSON.stringify(headers)} is no choice`);
  }
}

/** An answer that was let through, with the fields. */
export function withFields(
  answer: Reply | Response,
  decision: Decision,
  fields: FieldWriter,
): Reply {
  const reply = toReply(answer);
  fields(decision, fieldsOf(reply.headers));
  return reply;
}

/** What an answer to who was turned away says as well. */
export function ownAnswer(
  answer: OwnAnswer | Promise<OwnAnswer>,
  error: ProxyError,
): OwnAnswer | Promise<OwnAnswer> {
  if (answer instanceof Promise) return answer.then((late) => ownAnswer(late, error));
  if (answer === undefined) return undefined;
  const reply = toReply(answer);
  const hasRetryAfter = reply.headers.has("Retry-After");
  for (const [name, value] of error.headers) {
    if (name !== "Retry-After" || !hasRetryAfter) reply.headers.append(name, value);
  }
  return reply;
}

/** An error from further inside, with the fields; what is no `ProxyError` is left to who knows its kind. */
export function failure(error: unknown, decision: Decision, fields: FieldWriter): unknown {
  if (!(error instanceof ProxyError)) return error;
  const told = new Set(error.headers.map(([name]) => name.toLowerCase()));
  const headers: [string, string][] = [];
  fields(decision, (name, value, isList) => {
    // What a limit inside, which has refused, says about itself is what the client has to know.
    if (isList || !told.has(name.toLowerCase())) headers.push([name, value]);
  });
  return error.withHeaders(headers);
}

function fieldsOf(headers: HeaderMap): WriteField {
  return (name, value, isList) => isList ? headers.append(name, value) : headers.set(name, value);
}

/** The error of who is turned away. */
export function limited(decision: Decision, fields: FieldWriter | null): ProxyError {
  const headers: [string, string][] = [];
  const seconds = retryAfterSeconds(decision.retryAfterMs);
  // A request that costs more than there ever is need not come again.
  if (seconds < Infinity) headers.push(["Retry-After", String(seconds)]);
  fields?.(decision, (name, value) => headers.push([name, value]));
  return new ProxyError(
    "rate_limited",
    `Cannot pass on the request: the limit "${decision.policy.name}" is used up`,
    { headers },
  );
}
