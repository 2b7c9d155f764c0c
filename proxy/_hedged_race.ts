import { ProxyError } from "../errors/mod.ts";
import {
  type AttemptOutcome,
  CancelSource,
  type ConnectionInfo,
  type Exchange,
  giveUpReply,
  type Peer,
  type Reply,
  type RequestHead,
  type ResponseHead,
  type Selection,
  type TransportObserver,
  type TransportOptions,
} from "../core/mod.ts";
import type { Hedging } from "./_hedging.ts";

/** One of the two ways that a request goes. */
class Way implements TransportObserver {
  readonly peer: Peer;
  readonly cancel = new CancelSource();
  readonly startedAt: number;
  /** An answer that is not good, kept until the other way has ended. */
  reply: Reply | null = null;
  /** What carries it, once that is there. */
  connection: ConnectionInfo | null = null;
  /** Who is told of both ways. */
  observer: TransportObserver | undefined;
  readonly #selection: Selection;
  #isSettled = false;

  constructor(selection: Selection, startedAt: number) {
    this.peer = selection.peer;
    this.startedAt = startedAt;
    this.#selection = selection;
  }

  connected(connection: ConnectionInfo): void {
    this.connection = connection;
    this.observer?.connected?.(connection);
  }

  informed(head: ResponseHead): void {
    this.observer?.informed?.(head);
  }

  settle(outcome: AttemptOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#selection.settle?.(outcome);
  }
}

/**
 * An attempt that may go to a second peer when the first one is slow. To the proxy it is one attempt: a
 * selection whose peer is the one of whom the answer is, and which is settled as that one.
 */
export class HedgedRace<State> implements Selection {
  readonly #hedging: Hedging<State>;
  readonly #exchange: Exchange<State>;
  readonly #tried: readonly Peer[];
  readonly #first: Way;
  readonly #outcome = Promise.withResolvers<Reply>();
  #second: Way | null = null;
  /** The way that the attempt ends as. */
  #current: Way;
  #running = 0;
  #isOver = false;
  #cancelTimer: () => void = () => {};

  /** @param tried who was asked in attempts before */
  constructor(
    hedging: Hedging<State>,
    exchange: Exchange<State>,
    selection: Selection,
    tried: readonly Peer[],
  ) {
    this.#hedging = hedging;
    this.#exchange = exchange;
    this.#tried = tried;
    this.#first = this.#current = new Way(selection, exchange.clock.now());
  }

  get peer(): Peer {
    return this.#current.peer;
  }

  /** That of the way which the attempt ends as: whether to try again goes by it. */
  get connection(): ConnectionInfo | null {
    return this.#current.connection;
  }

  /** All who were asked, in this attempt and before. */
  get asked(): readonly Peer[] {
    const asked = [...this.#tried, this.#first.peer];
    if (this.#second !== null) asked.push(this.#second.peer);
    return asked;
  }

  settle(outcome: AttemptOutcome): void {
    // The proxy measures from the first way on.
    const laterMs = this.#current.startedAt - this.#first.startedAt;
    const durationMs = Math.max(0, outcome.durationMs - laterMs);
    this.#current.settle({ ...outcome, durationMs });
  }

  /** Sends the request, and once more where the answer does not come in time. */
  run(head: RequestHead, options: TransportOptions): Promise<Reply> {
    // For as long as the exchange lasts: the content of the answer is given up by it too.
    options.cancel.onCancel((reason) => {
      this.#cancelTimer();
      this.#first.cancel.cancel(reason);
      this.#second?.cancel.cancel(reason);
    });
    this.#running++;
    this.#send(this.#first, head, options).then(
      (reply) => this.#replied(this.#first, reply),
      (error) => this.#failed(this.#first, error),
    );
    const delayMs = this.#hedging.currentDelayMs;
    if (delayMs < Infinity && !options.cancel.cancelled) {
      const join = (): void => void this.#join(options);
      this.#cancelTimer = this.#hedging.clock.setTimer(join, delayMs);
    }
    return this.#outcome.promise;
  }

  async #send(way: Way, head: RequestHead, options: TransportOptions): Promise<Reply> {
    const { peer, cancel } = way;
    way.observer = options.observer;
    const own = { ...options, peer, cancel, observer: way };
    return await this.#hedging.carrier.exchange(head, null, own);
  }

  /** Asks another peer too, where there is one and the budget allows it. */
  async #join(options: TransportOptions): Promise<void> {
    const way = await this.#chooseSecond();
    if (way === null) return;
    const exchange = this.#exchange;
    this.#second = way;
    this.#running++;
    this.#hedging.sent++;
    exchange.peer = way.peer;
    exchange.timings.attempts++;
    try {
      const head = await this.#hedging.headFor(exchange, way.peer);
      // While a filter took its time the first one may have answered.
      if (this.#isOver) return;
      const reply = await this.#send(way, head, options);
      this.#replied(way, reply);
    } catch (error) {
      this.#failed(way, error);
    }
  }

  async #chooseSecond(): Promise<Way | null> {
    const exchange = this.#exchange;
    const { asked } = this;
    const { budget } = this.#hedging;
    // Nobody is chosen in vain, and nothing taken out before there is somebody; the refusal counts.
    if (budget.balance < 1 && !budget.tryWithdraw()) return null;
    let selection: Selection;
    try {
      selection = await this.#hedging.choose(exchange, { tried: asked });
    } catch {
      // Nobody else is there.
      return null;
    }
    const isOfUse = !this.#isOver && !exchange.cancel.cancelled &&
      !asked.some((peer) => isSameServer(peer, selection.peer));
    if (isOfUse && budget.tryWithdraw()) return new Way(selection, exchange.clock.now());
    selection.settle?.({ status: null, error: superseded(), durationMs: 0 });
    return null;
  }

  #replied(way: Way, reply: Reply): void {
    this.#running--;
    if (this.#isOver) return drop(reply);
    this.#hedging.measure(this.#exchange.clock.now() - way.startedAt);
    if (reply.status >= 500 && this.#running > 0) way.reply = reply;
    else this.#win(way, reply);
  }

  #failed(way: Way, thrown: unknown): void {
    this.#running--;
    if (this.#isOver) return;
    const other = this.#otherThan(way);
    const isLast = this.#running === 0 && (other === null || other.reply === null);
    if (isLast) {
      this.#end(way);
      return this.#outcome.reject(thrown);
    }
    const error = ProxyError.from(thrown, "filter_failed");
    way.settle({ status: null, error, durationMs: this.#exchange.clock.now() - way.startedAt });
    if (this.#running === 0 && other !== null && other.reply !== null) {
      this.#win(other, other.reply);
    }
  }

  #win(way: Way, reply: Reply): void {
    this.#end(way);
    const other = this.#otherThan(way);
    if (other !== null) this.#giveUp(other);
    if (way === this.#second) this.#hedging.won++;
    this.#outcome.resolve(reply);
  }

  /** The attempt ends as this way. */
  #end(way: Way): void {
    this.#isOver = true;
    this.#cancelTimer();
    this.#current = way;
    this.#exchange.peer = way.peer;
  }

  #giveUp(way: Way): void {
    const durationMs = this.#exchange.clock.now() - way.startedAt;
    const { reply } = way;
    if (reply !== null) {
      way.settle({ status: reply.status, error: null, durationMs });
      return drop(reply);
    }
    // At the least it would have taken so long.
    if (this.#running > 0) this.#hedging.measure(durationMs);
    const reason = superseded();
    way.settle({ status: null, error: reason, durationMs });
    way.cancel.cancel(reason);
  }

  #otherThan(way: Way): Way | null {
    return way === this.#first ? this.#second : this.#first;
  }
}

/** Says nothing about the peer: to it, its client has left. */
function superseded(): ProxyError {
  return new ProxyError("client_gone", "Another peer has answered first", { source: "internal" });
}

function drop(reply: Reply): void {
  giveUpReply(reply, superseded());
  reply.release?.();
}

/** Whatever is said to it, the same address is the same server. */
function isSameServer(one: Peer, other: Peer): boolean {
  return one === other || (one.port === other.port && one.hostname === other.hostname &&
    one.transport === other.transport);
}
