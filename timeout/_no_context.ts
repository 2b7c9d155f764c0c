import type { CallContext } from "./policy.ts";

/** The context of a caller that gives none: one object for all. */
export const NO_CONTEXT: CallContext = Object.freeze({});
