import { type RedisClient, RedisError, type RedisReply } from "../../core/mod.ts";
import type { RedisRule } from "./_redis_rule.ts";
import type { RedisTake } from "./_redis_take.ts";

/** What a call asks at most, so that it holds the server for a fraction of a millisecond. */
const MAX_TAKES = 128;

const UNREADABLE = new RedisError(
  "ERR",
  "Cannot read the reply of a limit's script: it has another form",
);

/**
 * Gathers the takes of one turn of the event loop, and asks for all of them in one call: a call, and what reads and
 * writes it on both sides, costs more than a take. Those of one key are decided in their order; keys know nothing of
 * each other. On a cluster a call has one key, since each may lie elsewhere.
 */
export class TakeQueue {
  readonly #client: RedisClient;
  readonly #rule: RedisRule;
  readonly #flush = (): void => this.#send();
  #takes: RedisTake[] = [];
  #isOneKeyEach: boolean;

  constructor(client: RedisClient, rule: RedisRule) {
    this.#client = client;
    this.#rule = rule;
    this.#isOneKeyEach = client.isCluster === true;
  }

  /** Asks for it at the end of this turn. */
  add(take: RedisTake): void {
    if (this.#takes.push(take) === 1) queueMicrotask(this.#flush);
  }

  #send(): void {
    const takes = this.#takes;
    this.#takes = [];
    if (takes.length === 1) return this.#ask(takes);
    for (let from = 0; from < takes.length; from += MAX_TAKES) {
      const some = takes.length <= MAX_TAKES ? takes : takes.slice(from, from + MAX_TAKES);
      const firsts = byKey(some);
      if (this.#isOneKeyEach) { for (const first of firsts) this.#ask([first]); }
      else this.#ask(firsts);
    }
  }

  /** @param firsts the first take of each key */
  #ask(firsts: readonly RedisTake[]): void {
    const { scripts } = this.#rule;
    const args = this.#rule.args();
    const [first] = firsts;
    if (firsts.length === 1 && first.next === null) {
      args.push(this.#rule.costOf(first.n));
      scripts.single.run(this.#client, { keys: [first.key], args }).then(
        (reply) => this.#answerOne(first, reply),
        (error: unknown) => this.#fail(firsts, error),
      );
      return;
    }
    const keys: string[] = [];
    for (const each of firsts) {
      keys.push(each.key);
      args.push(this.#rule.costOf(each.n));
      for (let next = each.next; next !== null; next = next.next) {
        args.push(-1 - this.#rule.costOf(next.n));
      }
    }
    scripts.joined.run(this.#client, { keys, args }).then(
      (reply) => this.#answer(firsts, reply),
      (error: unknown) => this.#fail(firsts, error),
    );
  }

  #answerOne(take: RedisTake, reply: RedisReply): void {
    const results = this.#rule.resultsOf(reply);
    if (results === null || !isNumbers(results, 0, this.#rule.scripts.width)) {
      take.ends.failed(take, UNREADABLE);
    } else {
      take.ends.decided(take, this.#rule.decisionOf(results, 0, take.n));
    }
  }

  #answer(firsts: readonly RedisTake[], reply: RedisReply): void {
    const { width } = this.#rule.scripts;
    let at = 0;
    for (const first of firsts) {
      for (let take: RedisTake | null = first; take !== null; take = take.next) {
        if (isNumbers(reply, at, width)) {
          take.ends.decided(take, this.#rule.decisionOf(reply, at, take.n));
        } else {
          take.ends.failed(take, failureAt(reply, at));
        }
        at += width;
      }
    }
  }

  #fail(firsts: readonly RedisTake[], error: unknown): void {
    if (firsts.length > 1 && error instanceof RedisError && error.code === "CROSSSLOT") {
      // A server of a cluster behind a client that is none. It has done nothing yet.
      this.#isOneKeyEach = true;
      for (const first of firsts) this.#ask([first]);
      return;
    }
    for (const first of firsts) {
      for (let take: RedisTake | null = first; take !== null; take = take.next) {
        take.ends.failed(take, error);
      }
    }
  }
}

/** Links those of one key, in their order. */
function byKey(takes: readonly RedisTake[]): RedisTake[] {
  const firsts: RedisTake[] = [];
  const lasts = new Map<string, RedisTake>();
  for (const take of takes) {
    const last = lasts.get(take.key);
    if (last === undefined) firsts.push(take);
    else last.next = take;
    lasts.set(take.key, take);
  }
  return firsts;
}

function isNumbers(reply: RedisReply, at: number, count: number): reply is readonly number[] {
  if (!Array.isArray(reply)) return false;
  for (let i = at; i < at + count; i++) if (!Number.isInteger(reply[i])) return false;
  return true;
}

function failureAt(reply: RedisReply, at: number): RedisError {
  const text: RedisReply | undefined = Array.isArray(reply) ? reply[at] : undefined;
  return typeof text === "string" ? RedisError.ofReply(text) : UNREADABLE;
}
