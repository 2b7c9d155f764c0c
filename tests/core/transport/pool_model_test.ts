import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { CancelSource, type Dialled, http1Transport, type Peer } from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock, TimerWheel } from "../../../timeout/mod.ts";
import { type FakeConn, FakeUpstream, settle } from "./_fake_upstream.ts";
import { send, textOf } from "./_http1_tools.ts";

// Whatever happens in whatever order, the pool agrees with a model that only watches: which connections
// stand, which request is on which of them, who waits.

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const ANSWERS = [
  OK,
  OK.replace("\r\n", "\r\nConnection: close\r\n"),
  `${OK}stray`,
  "no HTTP\r\n\r\n",
];
const PEER: Peer = { hostname: "app.example", port: 80, transport: "tcp", scheme: "http" };
const LIMITS = {
  maxConnectionsPerPeer: 4,
  maxIdlePerPeer: 2,
  maxWaiting: 3,
  idleTimeoutMs: 5_000,
  waitTimeoutMs: 3_000,
  maxAgeMs: 20_000,
  unsafeReuseMs: 1_000,
};

type Step =
  | { do: "begin"; method: string }
  | { do: "connect"; which: number; succeeds: boolean }
  | { do: "answer"; which: number; answer: number }
  | { do: "close"; which: number }
  | { do: "stray"; which: number }
  | { do: "cancel"; which: number }
  | { do: "wait"; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("begin" as const),
      method: fc.constantFrom("GET", "POST"),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      which: fc.nat(9),
      succeeds: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("answer" as const),
      which: fc.nat(9),
      answer: fc.nat(3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("close" as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("stray" as const), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), which: fc.nat(9) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      ms: fc.integer({ min: 1, max: 4_000 }),
    }),
  },
);

interface Exchange {
  readonly id: number;
  readonly method: string;
  readonly cancel: CancelSource;
  isOver: boolean;
}

class Model {
  readonly clock = new FakeClock();
  readonly wheel = new TimerWheel({ clock: this.clock });
  readonly upstream = new FakeUpstream();
  readonly dials: PromiseWithResolvers<Dialled>[] = [];
  readonly exchanges: Exchange[] = [];
  /** When a connection last gave an answer. */
  readonly idleSince = new Map<FakeConn, number>();
  readonly errors: unknown[] = [];
  readonly transport = http1Transport({
    ...LIMITS,
    wheel: this.wheel,
    dial: (_peer, { cancel }) => {
      const dial = Promise.withResolvers<Dialled>();
      this.dials.push(dial);
      const forget = cancel.onCancel((reason) => {
        this.#endDial(dial);
        dial.reject(reason);
      });
      dial.promise.then(forget, forget);
      return dial.promise;
    },
  });

  async run(one: Step): Promise<void> {
    switch (one.do) {
      case "begin":
        this.#begin(one.method);
        break;
      case "connect": {
        const dial = pick(this.dials, one.which);
        if (dial === undefined) break;
        this.#endDial(dial);
        if (one.succeeds) dial.resolve(this.upstream.connect());
        else dial.reject(new ProxyError("connect_refused"));
        break;
      }
      case "answer": {
        const conn = pick(this.busy(), one.which);
        if (conn === undefined) break;
        conn.sent = "";
        this.idleSince.set(conn, this.clock.now());
        conn.receive(ANSWERS[one.answer]);
        break;
      }
      case "close":
        pick(this.upstream.open, one.which)?.end();
        break;
      case "stray":
        pick(this.upstream.open.filter(({ sent }) => sent === ""), one.which)?.receive("x");
        break;
      case "cancel":
        pick(this.running(), one.which)?.cancel.cancel(new ProxyError("client_gone"));
        break;
      case "wait":
        this.clock.advance(one.ms);
    }
    await settle();
    this.check();
  }

  /** Connections with a request on them. */
  busy(): FakeConn[] {
    return this.upstream.open.filter(({ sent }) => sent !== "");
  }

  running(): Exchange[] {
    return this.exchanges.filter(({ isOver }) => !isOver);
  }

  check(): void {
    const { open, idle, waiting } = this.transport.statistics();
    const busy = this.busy();
    assertEquals(open, this.upstream.open.length + this.dials.length, "open");
    assertEquals(idle, this.upstream.open.length - busy.length, "idle");
    assertEquals(this.running().length, busy.length + this.dials.length + waiting, "running");
    assert(open <= LIMITS.maxConnectionsPerPeer && idle <= LIMITS.maxIdlePerPeer);
    assert(waiting <= LIMITS.maxWaiting);
    if (waiting > 0) {
      assertEquals([open, idle], [LIMITS.maxConnectionsPerPeer, 0], "nobody waits in vain");
    }
    for (const conn of busy) assertEquals(conn.sent.match(/ HTTP\/1\.1\r\n/g)?.length, 1);
    assertEquals(this.errors, []);
  }

  /** Answers everything, closes, and finds nothing left. */
  async end(): Promise<void> {
    await this.transport[Symbol.asyncDispose]();
    for (let turns = 0; this.running().length > 0; turns++) {
      assert(turns < 100, "an exchange never ends");
      for (const conn of this.busy()) {
        conn.sent = "";
        conn.receive(OK);
      }
      await settle();
    }
    const { open, idle, waiting, peers } = this.transport.statistics();
    assertEquals([open, idle, waiting, peers], [0, 0, 0, 0]);
    assertEquals([this.upstream.open.length, this.dials.length, this.wheel.armedCount], [0, 0, 0]);
  }

  #begin(method: string): void {
    const cancel = new CancelSource();
    const exchange = { id: this.exchanges.length, method, cancel, isOver: false };
    this.exchanges.push(exchange);
    const now = () => this.clock.now();
    const connected = () => {
      // A POST is never on a connection that has been idle for long: it is written in this very turn.
      queueMicrotask(() => {
        const conn = this.busy().find(({ sent }) => sent.includes(`/${exchange.id} `));
        const since = conn === undefined ? undefined : this.idleSince.get(conn);
        if (
          method === "POST" && since !== undefined && now() - since >= LIMITS.unsafeReuseMs + 200
        ) {
          this.errors.push(`POST after ${now() - since} ms`);
        }
      });
    };
    send(this.transport, PEER, {
      method,
      target: `/${exchange.id}`,
      options: { cancel, observer: { connected } },
    })
      .then(textOf, (error) => {
        if (!(error instanceof ProxyError)) this.errors.push(error);
      })
      .finally(() => exchange.isOver = true);
  }

  #endDial(dial: PromiseWithResolvers<Dialled>): void {
    const at = this.dials.indexOf(dial);
    if (at >= 0) this.dials.splice(at, 1);
  }
}

function pick<T>(from: readonly T[], which: number): T | undefined {
  return from.length === 0 ? undefined : from[which % from.length];
}

Deno.test("http1Transport agrees with a model of its pool whatever happens", async () => {
  const seed = Number(Deno.env.get("FC_SEED") ?? Date.now());
  console.log(`seed ${seed}`);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const model = new Model();
      for (const one of steps) await model.run(one);
      await model.end();
    }),
    { seed, numRuns: 400 },
  );
});
