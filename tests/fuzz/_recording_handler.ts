import { type Body, bodyFrom, type Exchange, type Handler, reply } from "../../core/mod.ts";
import { textOf } from "./_latin1.ts";
import type { Line } from "./_naive_syntax.ts";

/** What a handler saw of a request. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly authority: string;
  readonly version: string;
  /** The field lines but Host. */
  readonly lines: readonly Line[];
  /** Null where it was not read, or broke off. */
  content: string | null;
  trailers: readonly Line[];
  isBroken: boolean;
}

/** What a handler does with the content of a request. */
export type Use =
  /** Reads it to its end, then answers. */
  | "all"
  /** Reads it to its end while it answers. */
  | "meanwhile"
  /** Reads a piece of it, then answers. */
  | "some"
  /** Answers. */
  | "none"
  /** Gives it up, then answers. */
  | "cancel";

/** How a handler answers. */
export interface Plan {
  readonly use: Use;
  /** Turns that it waits before it does anything. */
  readonly wait: number;
  /** Whether the answer is a stream. */
  readonly isStream: boolean;
}

/** A handler that follows a plan for each request and notes what it saw; it answers with the number. */
export function recordingHandler(plans: readonly Plan[], seen: Seen[]): Handler {
  return async (exchange) => {
    const { request } = exchange;
    const number = seen.length;
    const plan = plans[number % plans.length];
    const record: Seen = {
      method: request.method,
      target: request.target,
      authority: request.authority,
      version: request.version,
      lines: [...request.headers].filter(([name]) => name.toLowerCase() !== "host"),
      content: null,
      trailers: [],
      isBroken: false,
    };
    seen.push(record);
    for (let turn = 0; turn < plan.wait; turn++) await null;
    const { body } = exchange;
    if (body === null) record.content = "";
    else if (plan.use === "all") await readTo(record, body);
    else if (plan.use === "some") await body.read();
    else if (plan.use === "cancel") body.cancel();
    const text = `<${number}>`;
    if (plan.use !== "meanwhile" && !plan.isStream) return reply(200, text);
    return reply(200, bodyFrom(answer(text, plan, exchange, record)));
  };
}

async function* answer(text: string, plan: Plan, exchange: Exchange, record: Seen) {
  yield new TextEncoder().encode(text);
  if (plan.use === "meanwhile" && exchange.body !== null) await readTo(record, exchange.body);
}

async function readTo(record: Seen, body: Body): Promise<void> {
  try {
    let content = "";
    for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
      content += textOf(chunk);
    }
    record.content = content;
    record.trailers = [...body.trailers ?? []];
  } catch (error) {
    record.isBroken = true;
    throw error;
  }
}
