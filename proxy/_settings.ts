import {
  type ForwardedFields,
  type Peer,
  peer,
  peerAddress,
  type Selection,
  TrustedProxies,
  type Upstream,
  viaPseudonym,
} from "../core/mod.ts";
import type { ErrorKind } from "../errors/mod.ts";
import { type RetryBudget, systemRandom } from "../timeout/mod.ts";
import {
  type HttpProxyOptions,
  type ProxyForwarding,
  type ProxyRetry,
  RETRYABLE_FAILURES,
  type SelectPeer,
} from "./options.ts";

/** The numbers of a proxy, checked, with the defaults in. */
export interface ProxyLimits {
  readonly connectMs: number | undefined;
  readonly headMs: number | undefined;
  readonly bodyMs: number | undefined;
  readonly totalMs: number | undefined;
  readonly maxAttempts: number;
  readonly maxReplayBytes: number;
  /** Statuses of answers that are not passed on; null for none, which most proxies have. */
  readonly statuses: ReadonlySet<number> | null;
  readonly failures: ReadonlySet<ErrorKind> | null;
  readonly budget: RetryBudget | null;
}

/** Checks the numbers. */
export function limitsOf(options: Pick<HttpProxyOptions, "timeouts" | "retry">): ProxyLimits {
  const { connectMs = 10_000, headMs = 60_000, bodyMs = 60_000, totalMs = Infinity } =
    options.timeouts ?? {};
  const { maxAttempts = 2, maxReplayBytes = 65_536, budget = null } = options.retry ?? {};
  if (!Number.isInteger(maxAttempts) || maxAttempts < 1) {
    throw new RangeError(
      `Cannot create HttpProxy: retry.maxAttempts ${maxAttempts} is not 1 or more`,
    );
  }
  if (!Number.isInteger(maxReplayBytes) || maxReplayBytes < 0) {
    throw new RangeError(
      `Cannot create HttpProxy: retry.maxReplayBytes ${maxReplayBytes} is not 0 or more`,
    );
  }
  return {
    connectMs: timeout("connectMs", connectMs),
    headMs: timeout("headMs", headMs),
    bodyMs: timeout("bodyMs", bodyMs),
    totalMs: timeout("totalMs", totalMs),
    maxAttempts,
    maxReplayBytes,
    ...answersOf(options.retry),
    budget,
  };
}

function answersOf(
  { statuses = [], failures = [] }: ProxyRetry = {},
): Pick<ProxyLimits, "statuses" | "failures"> {
  for (const status of statuses) {
    if (Number.isInteger(status) && status >= 400 && status <= 599) continue;
    throw new RangeError(
      `Cannot create HttpProxy: retry.statuses has ${status}, which is not from 400 to 599`,
    );
  }
  for (const kind of failures) {
    if (RETRYABLE_FAILURES.includes(kind)) continue;
    throw new TypeError(
      `Cannot create HttpProxy: retry.failures has "${kind}", ` +
        `which is none of ${RETRYABLE_FAILURES.join(", ")}`,
    );
  }
  return {
    statuses: statuses.length === 0 ? null : new Set(statuses),
    failures: failures.length === 0 ? null : new Set(failures),
  };
}

function timeout(name: string, ms: number): number | undefined {
  if (!(ms > 0)) {
    throw new RangeError(`Cannot create HttpProxy: timeouts.${name} ${ms} is not above 0`);
  }
  return ms === Infinity ? undefined : ms;
}

/** What requests are told about where they came from, checked, with the defaults in. */
export interface ForwardingSettings {
  readonly trusted: TrustedProxies;
  readonly fields: ForwardedFields;
  readonly via: string | null;
  readonly hostOf: ((peer: Peer) => string) | null;
  readonly isNormalised: boolean;
  /** Protocols in lower case that a request may upgrade to. */
  readonly upgrade: readonly string[] | "any" | "none";
}

/** Checks the forwarding options. */
export function forwardingOf(
  options: ProxyForwarding = {},
  random: () => number = systemRandom,
): ForwardingSettings {
  const { trusted = [], fields = "x-forwarded", rewriteHost = false, upgrade = "any" } = options;
  const { target = "raw" } = options;
  if (target !== "raw" && target !== "normal") {
    throw new TypeError(
      `Cannot create HttpProxy: forwarding.target "${target}" is neither raw nor normal`,
    );
  }
  const { via = viaPseudonym(random) } = options;
  return {
    trusted: trusted instanceof TrustedProxies ? trusted : new TrustedProxies(trusted),
    fields,
    via: via === false ? null : via,
    hostOf: hostRule(rewriteHost),
    isNormalised: target === "normal",
    upgrade: typeof upgrade === "string" ? upgrade : upgrade.map((name) => name.toLowerCase()),
  };
}

function hostRule(rewriteHost: boolean | string): ((peer: Peer) => string) | null {
  if (rewriteHost === false) return null;
  if (typeof rewriteHost === "string") return () => rewriteHost;
  return hostOfPeer;
}

/** The Host that names a peer itself. */
export function hostOfPeer(peer: Peer): string {
  if (peer.transport === "unix") return "localhost";
  const isDefault = peer.port === (peer.scheme === "https" ? 443 : 80);
  const address = peerAddress(peer);
  return isDefault ? address.slice(0, address.lastIndexOf(":")) : address;
}

/** One way of choosing a peer out of the four that the option allows. */
export function selectorOf<State>(
  upstream: HttpProxyOptions<State>["upstream"],
): (...parameters: Parameters<SelectPeer<State>>) => Selection | Promise<Selection> {
  if (typeof upstream === "function") {
    return (exchange, options) => {
      const chosen = upstream(exchange, options);
      return chosen instanceof Promise ? chosen.then(toSelection) : toSelection(chosen);
    };
  }
  if (isUpstream(upstream)) return (exchange, options) => upstream.select(exchange, options);
  const only: Selection = { peer: typeof upstream === "string" ? peer(upstream) : upstream };
  return () => only;
}

function isUpstream(upstream: string | Peer | Upstream): upstream is Upstream {
  return typeof upstream === "object" && "select" in upstream;
}

function toSelection(chosen: Peer | Selection): Selection {
  return "peer" in chosen ? chosen : { peer: chosen };
}
