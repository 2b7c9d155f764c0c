import type { ProxyError } from "./proxy_error.ts";

const MAX_CAUSES = 8;
const MAX_LENGTH = 4096;

/** One line for logs: kind, message, context and causes, each told once. */
export function describe(error: ProxyError): string {
  let text = `${error.kind}: ${error.message}`;
  if (error.context.length > 0) text += ` [${error.context.join("; ")}]`;
  const seen = new Set<unknown>([error]);
  let told = error.message;
  let cause = error.cause;
  for (let n = 0; n < MAX_CAUSES && cause !== undefined; n++) {
    if (seen.has(cause)) break;
    seen.add(cause);
    text += ` <- ${describeCause(cause, told)}`;
    if (!(cause instanceof Error)) break;
    told = cause.message;
    cause = cause.cause;
  }
  return oneLine(text);
}

/** A wrapper often repeats the message of its cause: then the name is enough. */
function describeCause(cause: unknown, told: string): string {
  if (!(cause instanceof Error)) return describeThrown(cause);
  const name = isNamedKind(cause) ? cause.kind : cause.name;
  const text = cause.message === "" || cause.message === told ? name : `${name}: ${cause.message}`;
  return isNamedKind(cause) && cause.context.length > 0
    ? `${text} [${cause.context.join("; ")}]`
    : text;
}

/** Objects are not printed: one could hold a body or a secret. */
function describeThrown(cause: unknown): string {
  return typeof cause === "string" ? cause : `thrown ${typeof cause}`;
}

// By shape, not by class: the class imports this file.
function isNamedKind(error: Error): error is ProxyError {
  return error.name === "ProxyError" && "kind" in error && "context" in error;
}

// deno-lint-ignore no-control-regex
const CONTROL = /[\x00-\x1f\x7f-\x9f\u2028\u2029]/g;

function oneLine(text: string): string {
  const short = text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
  return short.replace(
    CONTROL,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
