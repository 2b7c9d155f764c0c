import { type Cancel, type Exchange, type Reply, toReply, untilCancelled } from "../core/mod.ts";
import type { Filter, MayReplace } from "./filter.ts";

/** A hook of a filter, ready to be called. */
type Bound<F> = F extends (...args: infer A) => infer R ? (...args: A) => R : never;

/** The hooks of one phase in the order of their filters. */
type Hooks<State, Name extends keyof Filter<State>> = readonly Bound<
  NonNullable<Filter<State>[Name]>
>[];

/**
 * The phases as arrays of hooks, made once: a phase that nobody hooks into is an empty array, and costs
 * one look at its length.
 */
export interface Phases<State> {
  readonly earlyRequest: Hooks<State, "earlyRequest">;
  readonly request: Hooks<State, "request">;
  readonly proxyUpstream: Hooks<State, "proxyUpstream">;
  readonly connected: Hooks<State, "connected">;
  readonly connectFailed: Hooks<State, "connectFailed">;
  readonly upstreamRequest: Hooks<State, "upstreamRequest">;
  readonly requestBody: BodyPhase<State>;
  readonly upstreamResponse: Hooks<State, "upstreamResponse">;
  readonly upstreamResponseBody: BodyPhase<State>;
  readonly response: Hooks<State, "response">;
  readonly responseBody: BodyPhase<State>;
  readonly responseTrailers: Hooks<State, "responseTrailers">;
  readonly failed: Hooks<State, "failed">;
  readonly finished: Hooks<State, "finished">;
}

/** The hooks of a phase that sees content. */
export interface BodyPhase<State> {
  /** The hooks; one that only inspects returns nothing. */
  readonly hooks: readonly BodyHook<State>[];
  /** Whether the content may have another length afterwards. */
  readonly isTransforming: boolean;
}

/** Puts the hooks of all filters into {@linkcode Phases}. */
export function compilePhases<State>(filters: readonly Filter<State>[]): Phases<State> {
  return {
    earlyRequest: collect(filters, "earlyRequest"),
    request: collect(filters, "request"),
    proxyUpstream: collect(filters, "proxyUpstream"),
    connected: collect(filters, "connected"),
    connectFailed: collect(filters, "connectFailed"),
    upstreamRequest: collect(filters, "upstreamRequest"),
    requestBody: collectBody(filters, "requestBody"),
    upstreamResponse: collect(filters, "upstreamResponse"),
    upstreamResponseBody: collectBody(filters, "upstreamResponseBody"),
    response: collect(filters, "response"),
    responseBody: collectBody(filters, "responseBody"),
    responseTrailers: collect(filters, "responseTrailers"),
    failed: collect(filters, "failed"),
    finished: collect(filters, "finished"),
  };
}

function collect<State, Name extends keyof Filter<State>>(
  filters: readonly Filter<State>[],
  name: Name,
): Hooks<State, Name> {
  const hooks: unknown[] = [];
  for (const filter of filters) {
    const hook = filter[name];
    if (typeof hook === "function") hooks.push(hook.bind(filter));
    else if (hook !== undefined) {
      throw new TypeError(
        `Cannot use the filter "${filter.name ?? "?"}": ${String(name)} is no function`,
      );
    }
  }
  // Each of them is the property `name` of a filter, which the check above found to be a function.
  return hooks as unknown as Hooks<State, Name>;
}

/** A hook that sees content. */
export type BodyHook<State> = (exchange: Exchange<State>, chunk: Uint8Array | null) => MayReplace;

function collectBody<State>(
  filters: readonly Filter<State>[],
  name: "requestBody" | "upstreamResponseBody" | "responseBody",
): BodyPhase<State> {
  const having = filters.filter((filter) => filter[name] !== undefined);
  const isTransforming = having.some((filter) => filter.bodyHooks !== "inspect");
  const hooks = collect(having, name).map((hook: BodyHook<State>, i) =>
    having[i].bodyHooks === "inspect" ? inspecting(hook) : hook
  );
  return { hooks, isTransforming };
}

function inspecting<State>(hook: BodyHook<State>): BodyHook<State> {
  return (exchange, chunk) => {
    const result = hook(exchange, chunk);
    return isThenable(result) ? Promise.resolve(result).then(() => undefined) : undefined;
  };
}

/** Whether a hook answered with a promise. */
export function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof value === "object" && value !== null && "then" in value;
}

/** What hooks need of an exchange to be waited for. */
interface Cancellable {
  readonly cancel: Cancel;
}

/** Runs the hooks of a phase one after the other; only those that answer with a promise are awaited. */
export async function runHooks<X extends Cancellable, A>(
  hooks: readonly ((exchange: X, argument: A) => void | Promise<void>)[],
  exchange: X,
  argument: A,
): Promise<void> {
  for (const hook of hooks) {
    const result = hook(exchange, argument);
    if (isThenable(result)) await untilCancelled(result, exchange.cancel);
  }
}

/** Runs the hooks of a phase until one answers; each is waited for until the cancellation. */
export async function firstAnswer<X extends Cancellable, A>(
  hooks: readonly ((
    exchange: X,
    argument: A,
  ) => Reply | Response | void | Promise<Reply | Response | void>)[],
  exchange: X,
  argument: A,
  cancel: Cancel = exchange.cancel,
): Promise<Reply | null> {
  for (const hook of hooks) {
    const result = hook(exchange, argument);
    const answer = isThenable(result) ? await untilCancelled(result, cancel) : result;
    if (answer !== undefined) return toReply(answer);
  }
  return null;
}
