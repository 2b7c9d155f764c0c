import type { AttemptOutcome } from "../../core/mod.ts";
import { type Clock, type Random, systemClock, systemRandom } from "../../timeout/mod.ts";
import { classifyOutcome } from "./classify_outcome.ts";
import { checkOutlierOptions, type OutlierOptions } from "./outlier_options.ts";
import { OutlierRecord } from "./_outlier_record.ts";
import { successRateThreshold } from "./success_rate_threshold.ts";

/** What a host was found an outlier by. */
export type OutlierRule =
  | "consecutive_5xx"
  | "consecutive_gateway_failures"
  | "consecutive_local_failures"
  | "success_rate"
  | "local_success_rate";

/** What {@linkcode OutlierPolicy} decided. */
export interface OutlierDecision<Host> {
  /** The host. */
  readonly host: Host;
  /**
   * `ejected`: it is to get no traffic. `returned`: it is to get traffic again. `limit_reached`: it is an
   * outlier, but too many are ejected. `not_enforced`: it is one, but the rule's chance spared it.
   */
  readonly action: "ejected" | "returned" | "limit_reached" | "not_enforced";
  /** What it was found by; null for a return. */
  readonly rule: OutlierRule | null;
  /** How long it is ejected at least; 0 unless it was. */
  readonly ejectionMs: number;
}

/** What {@linkcode OutlierPolicy.snapshot} tells of a host. */
export interface OutlierSnapshot<Host> {
  /** The host. */
  readonly host: Host;
  /** Whether it is ejected. */
  readonly isEjected: boolean;
  /** How often it has been. */
  readonly ejections: number;
  /** How long until it may return, at the next sweep; 0 when it is not ejected. */
  readonly returnsInMs: number;
  /** Failures in a row. */
  readonly consecutiveFailures: number;
  /** From 0 to 1, of the last interval; null when it had too few requests. */
  readonly successRate: number | null;
}

/** Options of {@linkcode OutlierPolicy}. */
export interface OutlierPolicyOptions<Host> extends OutlierOptions {
  /** Hears of each decision, at once. */
  onDecision?: (decision: OutlierDecision<Host>) => void;
  /** The clock that ejections run by. */
  clock?: Clock;
  /** Decides by chance where a rule is enforced in part, and the jitter. */
  random?: Random;
}

/**
 * Envoy's outlier detection as a policy: it is told the hosts, the ends of attempts and when an interval is
 * over, and decides who is ejected and who returns. It does nothing by itself; `OutlierDetector` does.
 *
 * Failures in a row eject at once, the success rate at a sweep; hosts return at sweeps. No more than
 * `maxEjectionPercent` of the hosts are ejected, but one may always be. A host that fails again soon after
 * its return is ejected for longer; each healthy interval takes that back by one step. Of Envoy's rules the failure
 * percentage is missing, which Envoy enforces only when it is told to.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/outlier
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { OutlierPolicy } from "@pingo/pingo/loadbalancing";
 * import { FakeClock } from "@pingo/pingo/timeout";
 *
 * const clock = new FakeClock();
 * const told: string[] = [];
 * const policy = new OutlierPolicy<string>({
 *   clock,
 *   onDecision: ({ host, action }) => void told.push(`${host} ${action}`),
 * });
 * policy.setHosts(["a", "b"]);
 * for (let n = 0; n < 5; n++) policy.report("a", { status: 500, error: null, durationMs: 1 });
 * clock.advance(30_000);
 * policy.sweep();
 * assertEquals(told, ["a ejected", "a returned"]);
 * ```
 */
export class OutlierPolicy<Host> {
  readonly #options: Required<OutlierOptions>;
  readonly #onDecision: (decision: OutlierDecision<Host>) => void;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #records = new Map<Host, OutlierRecord>();
  #ejectedCount = 0;

  /**
   * A policy without hosts.
   *
   * @throws {RangeError} when an option makes no sense
   */
  constructor(options: OutlierPolicyOptions<Host> = {}) {
    const { onDecision = () => {}, clock = systemClock, random = systemRandom, ...rules } = options;
    this.#options = checkOutlierOptions(rules);
    this.#onDecision = onDecision;
    this.#clock = clock;
    this.#random = random;
  }

  /** How many hosts are ejected. */
  get ejectedCount(): number {
    return this.#ejectedCount;
  }

  /** The pause that is to lie between two sweeps. */
  get intervalMs(): number {
    return this.#options.intervalMs;
  }

  /** Takes a new set of hosts; what is known of those that stay is kept. Who leaves is not ejected any more. */
  setHosts(hosts: Iterable<Host>): void {
    const next = new Set(hosts);
    const returning: [Host, OutlierRecord][] = [];
    for (const [host, record] of this.#records) {
      if (next.has(host)) continue;
      this.#records.delete(host);
      if (record.isEjected) returning.push([host, record]);
    }
    for (const host of next) {
      if (!this.#records.has(host)) this.#records.set(host, new OutlierRecord());
    }
    // At the end: who hears of it may change the hosts once more.
    for (const [host, record] of returning) this.#giveBack(host, record, this.#clock.now());
  }

  /** Counts the end of an attempt; that of a host which is not in the set is dropped. */
  report(host: Host, outcome: AttemptOutcome): void {
    const record = this.#records.get(host);
    if (record === undefined) return;
    const what = classifyOutcome(outcome);
    if (what === "success") {
      record.total++;
      record.good++;
      record.failures = record.gatewayFailures = 0;
      if (this.#options.splitLocalFailures) reached(record);
    } else if (what !== "ignored") this.#fail(host, record, what);
  }

  #fail(
    host: Host,
    record: OutlierRecord,
    what: "server_error" | "gateway_error" | "local_failure",
  ): void {
    const options = this.#options;
    if (options.splitLocalFailures) {
      if (what === "local_failure") {
        record.localTotal++;
        if (++record.localFailures >= options.consecutiveLocalFailures) {
          this.#found(host, record, "consecutive_local_failures");
          record.localFailures = 0;
        }
        return;
      }
      reached(record);
    }
    record.total++;
    if (what === "server_error") record.gatewayFailures = 0;
    else if (++record.gatewayFailures >= options.consecutiveGatewayFailures) {
      this.#found(host, record, "consecutive_gateway_failures");
      record.gatewayFailures = 0;
    }
    if (++record.failures >= options.consecutive5xx) {
      this.#found(host, record, "consecutive_5xx");
      record.failures = 0;
    }
  }

  /** Ends an interval: lets hosts return whose time is over, then compares success rates. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [host, record] of this.#records) {
      if (record.isEjected && now - record.ejectedAt >= record.ejectionMs) {
        this.#giveBack(host, record, now);
      }
    }
    this.#compareRates("success_rate");
    if (this.#options.splitLocalFailures) this.#compareRates("local_success_rate");
    for (const record of this.#records.values()) {
      record.beginInterval();
      const { isEjected, returnedAt, backoff } = record;
      if (isEjected || returnedAt === null || backoff === 0) continue;
      if (now - returnedAt >= this.#options.intervalMs) record.backoff--;
    }
  }

  /**
   * Lets an ejected host return before its time and forgets its failures; for a health check that passed.
   *
   * @returns whether it was ejected
   */
  giveBack(host: Host): boolean {
    const record = this.#records.get(host);
    if (record === undefined || !record.isEjected) return false;
    this.#giveBack(host, record, this.#clock.now());
    return true;
  }

  /** What is known of each host. */
  snapshot(): OutlierSnapshot<Host>[] {
    const now = this.#clock.now();
    return Array.from(this.#records, ([host, record]) => ({
      host,
      isEjected: record.isEjected,
      ejections: record.ejections,
      returnsInMs: record.isEjected ? Math.max(0, record.ejectedAt + record.ejectionMs - now) : 0,
      consecutiveFailures: Math.max(record.failures, record.localFailures),
      successRate: record.successRate,
    }));
  }

  #giveBack(host: Host, record: OutlierRecord, now: number): void {
    record.isEjected = false;
    record.returnedAt = now;
    record.clearFailures();
    this.#ejectedCount--;
    this.#onDecision({ host, action: "returned", rule: null, ejectionMs: 0 });
  }

  #compareRates(rule: "success_rate" | "local_success_rate"): void {
    const { successRateMinHosts, successRateRequestVolume, successRateStdevFactor } = this.#options;
    const isLocal = rule === "local_success_rate";
    const hosts: [Host, OutlierRecord][] = [];
    const rates: number[] = [];
    for (const [host, record] of this.#records) {
      const total = isLocal ? record.localTotal : record.total;
      const isEnough = !record.isEjected && total >= successRateRequestVolume;
      const rate = isEnough ? (isLocal ? record.localGood : record.good) / total : null;
      if (!isLocal) record.successRate = rate;
      if (rate === null) continue;
      hosts.push([host, record]);
      rates.push(rate);
    }
    if (hosts.length < successRateMinHosts) return;
    const { threshold } = successRateThreshold(rates, successRateStdevFactor / 1_000);
    hosts.forEach(([host, record], n) => {
      if (rates[n] < threshold - ROUNDING) this.#found(host, record, rule);
    });
  }

  #found(host: Host, record: OutlierRecord, rule: OutlierRule): void {
    if (record.isEjected) return;
    if (!this.#mayEject()) this.#spare(host, "limit_reached", rule);
    else if (!this.#isEnforced(rule)) this.#spare(host, "not_enforced", rule);
    else this.#eject(host, record, rule);
  }

  #spare(host: Host, action: "limit_reached" | "not_enforced", rule: OutlierRule): void {
    this.#onDecision({ host, action, rule, ejectionMs: 0 });
  }

  #eject(host: Host, record: OutlierRecord, rule: OutlierRule): void {
    const { baseEjectionMs, maxEjectionMs, maxEjectionJitterMs } = this.#options;
    // One step above the longest time, and no further: else it would take for ever to come down.
    if (record.backoff * baseEjectionMs < maxEjectionMs + baseEjectionMs) record.backoff++;
    record.isEjected = true;
    record.ejections++;
    record.ejectedAt = this.#clock.now();
    record.ejectionMs = Math.min(record.backoff * baseEjectionMs, maxEjectionMs) +
      this.#random() * maxEjectionJitterMs;
    this.#ejectedCount++;
    this.#onDecision({ host, action: "ejected", rule, ejectionMs: record.ejectionMs });
  }

  #mayEject(): boolean {
    const { alwaysEjectOne, maxEjectionPercent } = this.#options;
    if (alwaysEjectOne && this.#ejectedCount === 0) return true;
    return 100 * (this.#ejectedCount + 1) <= maxEjectionPercent * this.#records.size;
  }

  #isEnforced(rule: OutlierRule): boolean {
    const percent = this.#options[ENFORCING[rule]];
    return percent === 100 || this.#random() * 100 < percent;
  }
}

/** Equal rates are no outliers, though their mean may come out a little above them. */
const ROUNDING = 1e-9;

const ENFORCING = {
  consecutive_5xx: "enforcingConsecutive5xx",
  consecutive_gateway_failures: "enforcingConsecutiveGatewayFailures",
  consecutive_local_failures: "enforcingConsecutiveLocalFailures",
  success_rate: "enforcingSuccessRate",
  local_success_rate: "enforcingLocalSuccessRate",
} as const satisfies Record<OutlierRule, keyof OutlierOptions>;

/** An answer of any kind tells that the host can be reached. */
function reached(record: OutlierRecord): void {
  record.localTotal++;
  record.localGood++;
  record.localFailures = 0;
}
