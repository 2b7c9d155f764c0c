import { assert, assertEquals } from "@std/assert";
import { errorReply, type Handler, http1Transport } from "../../core/mod.ts";
import { checkServerLimits, ServerConnection } from "../../core/http1/server/mod.ts";
import { type Filter, HttpProxy } from "../../proxy/mod.ts";
import { FakeClock, TimerWheel } from "../../timeout/mod.ts";
import { MemoryDuplex } from "./_memory_duplex.ts";
import type { Random } from "./_random.ts";
import type { TaggedFraming, TaggedPlan } from "./_tagged.ts";
import { TaggedClient } from "./_tagged_client.ts";
import { TaggedUpstream } from "./_tagged_upstream.ts";

const SMALL = [0, 1, 30, 900, 3_000];
const LENGTHS = [...SMALL, 16_383, 16_384, 20_000, 65_535, 65_536, 65_537, 150_000];
/** With these a head has about 1 KiB, 16 KiB, or more. */
const FILLINGS = [0, 0, 0, 0, 20, 940, 960, 975, 990, 1_010, 16_200, 16_300, 40_000];

interface PlanOptions {
  readonly isLast: boolean;
  /** The answer does not break off. */
  readonly isCalm: boolean;
}

function planOf(tag: string, { isLast, isCalm }: PlanOptions, random: Random): TaggedPlan {
  const method = random.pick(["GET", "GET", "POST", "POST", "HEAD"] as const);
  const version = isLast && random.chance(0.2) ? "1.0" : "1.1";
  const framings: TaggedFraming[] = version === "1.0" ? ["length"] : ["length", "chunked"];
  const framing = method === "POST" ? random.pick(framings) : "none";
  const lengths = random.chance(0.7) ? SMALL : LENGTHS;
  return {
    tag,
    method,
    version,
    framing,
    length: random.pick(lengths),
    filling: random.pick(FILLINGS),
    expectsContinue: framing !== "none" && version === "1.1" && random.chance(0.1),
    answer: {
      status: random.pick([200, 200, 200, 404, 413, 500]),
      framing: random.pick(["length", "length", "chunked", "chunked", "none"] as const),
      length: random.pick(lengths),
      filling: random.pick(FILLINGS),
      // Where content is still being read when the answer ends, the connection may end too.
      isEarly: !isCalm && random.chance(0.25),
      hasInterim: random.chance(0.1),
      breaksAt: !isCalm && random.chance(0.05) ? random.below(3_000) : Infinity,
      isChatty: !isCalm && random.chance(0.1),
    },
  };
}

/** Clients, a proxy and its upstreams, all in memory, and the chance that makes them act. */
export class TaggedWorld {
  readonly #random: Random;
  readonly #clock = new FakeClock();
  readonly #wheel = new TimerWheel({ clock: this.#clock, resolutionMs: 10 });
  readonly #plans = new Map<string, TaggedPlan>();
  readonly #clients: TaggedClient[] = [];
  readonly #upstreams: TaggedUpstream[] = [];
  readonly #connections: ServerConnection[] = [];
  readonly #seen = new Map<string, number>();
  /** Nobody breaks anything: every answer is the one that the upstream gave. */
  readonly #isCalm: boolean;
  #begun = 0;
  #ended = 0;
  #over = 0;

  constructor(random: Random) {
    this.#random = random;
    this.#isCalm = random.chance(0.4);
  }

  /** Plays a case to its end, and checks what came of it. */
  async play(): Promise<void> {
    const random = this.#random;
    const transport = http1Transport({
      wheel: this.#wheel,
      maxIdlePerPeer: random.pick([0, 1, 4]),
      maxConnectionsPerPeer: random.pick([1, 2, Infinity]),
      dial: () => {
        const upstream = new TaggedUpstream(this.#duplex(), this.#plans, this.#seen);
        this.#upstreams.push(upstream);
        return Promise.resolve({
          conn: upstream.duplex,
          remote: "192.0.2.2:80",
          dnsMs: 0,
          connectMs: 0,
          tlsMs: 0,
        });
      },
    });
    const proxy = new HttpProxy({
      upstream: "192.0.2.2:80",
      transport,
      wheel: this.#wheel,
      filters: random.chance(0.3) ? [this.#filter()] : [],
    });
    const count = 1 + random.below(3);
    for (let id = 0; id < count; id++) this.#open(id, proxy.handle);
    const steps = 5 + random.below(80);
    for (let step = 0; step < steps; step++) {
      this.#act();
      await turns(random.chance(0.3) ? random.below(4) : random.below(60));
    }
    await this.#finish();
    await proxy[Symbol.asyncDispose]();
    await transport[Symbol.asyncDispose]();
    await turns(60);
    const { open, waiting } = transport.statistics();
    assertEquals([open, waiting], [0, 0], "connections to upstreams");
    assertEquals(this.#begun, this.#ended, "exchanges that began, and that ended");
    this.#wheel[Symbol.dispose]();
    assertEquals(this.#wheel.armedCount, 0, "timers that are armed");
    assert(this.#upstreams.every(({ duplex }) => duplex.isClosed), "upstreams are closed");
    for (const client of this.#clients) client.check(this.#isCalm);
    for (const [tag, times] of this.#seen) {
      const { method } = this.#plans.get(tag) ?? { method: "" };
      if (method === "POST") assertEquals(times, 1, `how often ${tag} has arrived`);
    }
  }

  /** Where everybody stands; for a case that went wrong. */
  toString(): string {
    return [...this.#clients, ...this.#upstreams].map((each) => {
      const { duplex } = each;
      const { isClosed, hasServerEnded, received, calls } = duplex;
      const [first, last] = [received.slice(0, 90), received.slice(-90)];
      return JSON.stringify({
        isClosed,
        hasServerEnded,
        calls,
        length: received.length,
        first,
        last,
      }) + each;
    }).join("\n");
  }

  #filter(): Filter {
    const random = this.#random;
    return {
      ...(random.chance(0.5) && { requestBody: (_: unknown, chunk: Uint8Array) => chunk }),
      ...(random.chance(0.5) && { responseBody: (_: unknown, chunk: Uint8Array) => chunk }),
      ...(random.chance(0.5) && {
        request: async () => {
          await turns(random.below(20));
          return undefined;
        },
      }),
    };
  }

  #duplex(): MemoryDuplex {
    const random = this.#random;
    return new MemoryDuplex({
      maxRead: random.chance(0.8) ? Infinity : random.pick([7, 100, 1_000]),
      maxWrite: random.chance(0.8) ? Infinity : random.pick([100, 1_000, 20_000]),
      writeTurns: random.chance(0.5) ? 0 : random.below(40),
    });
  }

  #open(id: number, handler: Handler): void {
    const random = this.#random;
    const count = 1 + random.below(5);
    const plans: TaggedPlan[] = [];
    for (let i = 0; i < count; i++) {
      const plan = planOf(`c${id}r${i}`, { isLast: i === count - 1, isCalm: this.#isCalm }, random);
      plans.push(plan);
      this.#plans.set(plan.tag, plan);
    }
    const duplex = this.#duplex();
    const peer = { address: "192.0.2.1", port: 4711, transport: "memory", scheme: "http" } as const;
    const connection = new ServerConnection(duplex, peer, {
      handler,
      errorReply,
      wheel: this.#wheel,
      limits: checkServerLimits({
        maxDrainBytes: this.#isCalm ? 1_000_000 : random.pick([100, 100_000]),
      }),
      onExchange: (exchange) => {
        this.#begun++;
        exchange.onEnd(() => this.#ended++);
      },
    });
    this.#connections.push(connection);
    this.#clients.push(new TaggedClient(duplex, plans));
    connection.run().then(() => this.#over++);
  }

  #act(): void {
    const random = this.#random;
    const client = random.pick(this.#clients);
    const chance = random.next();
    if (chance < 0.4 || (this.#isCalm && chance > 0.9)) client.step(random);
    else if (chance < 0.85) this.#answer();
    else if (chance < 0.9) this.#pass();
    else if (chance < 0.93) client.duplex.stall();
    else if (chance < 0.96) client.duplex.resume();
    else this.#disturb(client);
  }

  #pass(): void {
    // Not more than a client may be silent for.
    if (this.#isCalm && this.#clock.now() > 5_000) return;
    this.#clock.advance(this.#random.pick([10, 100, 1_000, 1_100, 3_000]));
  }

  #answer(): void {
    if (this.#upstreams.length > 0) this.#random.pick(this.#upstreams).step(this.#random);
  }

  #disturb(client: TaggedClient): void {
    const random = this.#random;
    const chance = random.next();
    const upstream = this.#upstreams.length > 0 ? random.pick(this.#upstreams) : null;
    if (chance < 0.2) client.leave(random.pick(["reset", "vanish", "half-close"]));
    else if (chance < 0.3) random.pick(this.#connections).drain();
    else if (chance < 0.35) random.pick(this.#connections).close();
    else if (upstream === null || upstream.duplex.isClosed) return;
    else if (chance < 0.6) upstream.duplex.stall();
    else if (chance < 0.8) upstream.duplex.resume();
    else if (chance < 0.9) upstream.leave(random.pick(["reset", "vanish"]));
  }

  /** Waits until nobody reads or writes any more. */
  async #quiet(): Promise<void> {
    for (let before = -1, now = 0; before !== now;) {
      before = now;
      await turns(80);
      now = 0;
      for (const { duplex } of [...this.#clients, ...this.#upstreams]) now += duplex.calls;
    }
  }

  /** Everybody does what he still has to do; then time passes. */
  async #finish(): Promise<void> {
    for (const client of this.#clients) {
      client.duplex.resume();
      client.finish();
    }
    for (let round = 0; round < 400 && this.#over < this.#clients.length; round++) {
      for (let busy = true; busy;) {
        busy = false;
        await this.#quiet();
        for (const upstream of this.#upstreams) {
          upstream.duplex.resume();
          if (upstream.isIdle) continue;
          busy = true;
          upstream.step(this.#random);
        }
      }
      if (round > 3) this.#clock.advance(1_000);
    }
    assertEquals(this.#over, this.#clients.length, `connections that have ended: ${this}`);
  }
}

export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await null;
}
