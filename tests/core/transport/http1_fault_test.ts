import { assert, assertEquals } from "@std/assert";
import {
  type Body,
  CancelSource,
  type Duplex,
  http1Transport,
  type Peer,
  type RequestHeadInit,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { FakeClock, TimerWheel } from "../../../timeout/mod.ts";
import { FakeConn, settle } from "./_fake_upstream.ts";
import { send } from "./_http1_tools.ts";

// A fault at every point at which an exchange waits for somebody: whichever it is, the exchange ends with
// its result or a `ProxyError`, and nothing is left behind.

const PEER: Peer = { hostname: "app.example", port: 80, transport: "tcp", scheme: "http" };
const FAULTS = ["reset", "end", "stall", "cancel"] as const;
type Fault = typeof FAULTS[number];

/** Counts the points at which somebody waits, and makes one of them go wrong. */
class Saboteur {
  readonly cancel = new CancelSource();
  readonly #fault: Fault;
  readonly #at: number;
  #points = 0;

  constructor(fault: Fault, at: number) {
    this.#fault = fault;
    this.#at = at;
  }

  /** Whether the point was reached. */
  get hasStruck(): boolean {
    return this.#points > this.#at;
  }

  async point<T>(normal: () => Promise<T>, end: () => T): Promise<T> {
    if (this.#points++ !== this.#at) return await normal();
    switch (this.#fault) {
      case "reset":
        throw new Deno.errors.ConnectionReset("reset by test");
      case "end":
        return end();
      case "cancel":
        this.cancel.cancel(new ProxyError("client_gone"));
        return await normal();
      case "stall":
        return await new Promise(() => {});
    }
  }
}

/** A connection that answers by itself, through a saboteur. */
class SabotagedConn implements Duplex {
  readonly inner = new FakeConn();
  closed = 0;
  readonly #saboteur: Saboteur;
  readonly #serve: (received: string) => string[];
  #stalled: ((error: unknown) => void)[] = [];

  constructor(saboteur: Saboteur, serve: (received: string) => string[]) {
    this.#saboteur = saboteur;
    this.#serve = serve;
  }

  read(into: Uint8Array): Promise<number | null> {
    return this.#untilClosed(this.#saboteur.point(() => this.inner.read(into), () => null));
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#untilClosed(this.#saboteur.point(async () => {
      const count = await this.inner.write(bytes);
      for (const piece of this.#serve(this.inner.sent)) {
        if (piece === "<end>") this.inner.end();
        else this.inner.receive(piece);
      }
      return count;
    }, () => {
      throw new Deno.errors.BrokenPipe("broken by test");
    }));
  }

  async closeWrite(): Promise<void> {
    await this.#untilClosed(this.#saboteur.point(() => this.inner.closeWrite(), () => {}));
  }

  close(): void {
    this.closed++;
    this.inner.close();
    for (const reject of this.#stalled) reject(new Deno.errors.Interrupted("operation canceled"));
  }

  /** What waits in the system is woken by closing. */
  #untilClosed<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#stalled.push(reject);
      promise.then(resolve, reject);
    });
  }
}

interface Scenario {
  name: string;
  init: RequestHeadInit;
  body?: string[];
  /** What the upstream sends, by how much it has received; each text once. */
  answers: readonly (readonly [after: string, pieces: readonly string[]])[];
  /** How many exchanges are made, one after the other. */
  exchanges?: number;
  /** What the client does with a tunnel. */
  tunnel?: boolean;
  /** What a good end gives. */
  result: string;
  /** Whether content that ends too early cannot be told from the whole (RFC 9112 §8). */
  mayBeCut?: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  {
    name: "a small answer",
    init: {},
    answers: [["\r\n\r\n", ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]]],
    result: "200 ok",
  },
  {
    name: "an answer in pieces, after an interim one",
    init: {},
    answers: [["\r\n\r\n", [
      "HTTP/1.1 103 Hi",
      "nts\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n",
      "Transfer-Encoding: chunked\r\n\r\n3\r\na",
      "bc\r\n2\r",
      "\nde\r\n0\r\nX-Sum: 1\r",
      "\n\r\n",
    ]]],
    result: "200 abcde X-Sum: 1",
  },
  {
    name: "an answer that ends with its connection",
    init: {},
    answers: [["\r\n\r\n", ["HTTP/1.1 200 OK\r\n\r\nall", " of it", "<end>"]]],
    result: "200 all of it",
    mayBeCut: true,
  },
  {
    name: "two exchanges on one connection",
    init: {},
    exchanges: 2,
    answers: [
      ["\r\n\r\n", ["HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1"]],
      ["\r\n\r\nGET / HTTP/1.1\r\nhost: app.example\r\n\r\n", [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n2",
      ]],
    ],
    result: "200 1, 200 2",
  },
  {
    name: "an upload in chunks",
    init: { method: "PUT" },
    body: ["abc", "de"],
    answers: [["\r\n0\r\n\r\n", ["HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok"]]],
    result: "201 ok",
  },
  {
    name: "an upload of known length that is answered early",
    init: { method: "PUT", headers: [["content-length", "5"]] },
    body: ["abc", "de"],
    answers: [["abc", ["HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno"]]],
    result: "413 no",
  },
  {
    name: "an upload that is answered while it goes on",
    init: { method: "PUT", headers: [["content-length", "5"]] },
    body: ["abc", "de"],
    answers: [
      ["abc", ["HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"]],
      ["abcde", ["he", "re"]],
    ],
    result: "200 here",
  },
  {
    name: "an upload that waits for 100",
    init: { method: "PUT", headers: [["content-length", "5"], ["expect", "100-continue"]] },
    body: ["abc", "de"],
    answers: [
      ["\r\n\r\n", ["HTTP/1.1 100 Continue\r\n\r\n"]],
      ["abcde", ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"]],
    ],
    result: "200 ok",
  },
  {
    name: "a tunnel",
    init: { headers: [["connection", "upgrade"], ["upgrade", "x"]] },
    tunnel: true,
    answers: [
      ["\r\n\r\n", ["HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhello"]],
      ["ping", ["pong", "<end>"]],
    ],
    result: "101 hellopong",
    mayBeCut: true,
  },
];

/** Kinds that an exchange may end with when somebody else is at fault. */
const KINDS = new Set([
  "client_body_broken",
  "client_gone",
  "connect_timeout",
  "connection_reset",
  "upstream_body_broken",
  "upstream_body_timeout",
  "upstream_timeout",
  "upstream_write_failed",
]);

async function attempt(scenario: Scenario, saboteur: Saboteur): Promise<string> {
  const clock = new FakeClock();
  const wheel = new TimerWheel({ clock });
  const conns: SabotagedConn[] = [];
  const left = new Set(scenario.answers);
  const serve = (received: string): string[] => {
    for (const answer of left) {
      if (!received.includes(answer[0])) return [];
      left.delete(answer);
      return [...answer[1]];
    }
    return [];
  };
  const transport = http1Transport({
    wheel,
    writeTimeoutMs: 10_000,
    async dial(_peer, { cancel }) {
      const conn = new SabotagedConn(saboteur, serve);
      const stop = Promise.withResolvers<never>();
      const forget = cancel.onCancel(stop.reject);
      const timeout = () => {
        throw new ProxyError("connect_timeout");
      };
      try {
        await Promise.race([saboteur.point(() => Promise.resolve(), timeout), stop.promise]);
      } catch (error) {
        throw ProxyError.from(error, "connection_reset");
      } finally {
        forget();
      }
      conns.push(conn);
      return { conn, remote: "", dnsMs: 0, connectMs: 0, tlsMs: 0 };
    },
  });
  let bodyEnds = 0;
  const makeBody = (): Body | null => {
    if (scenario.body === undefined) return null;
    const texts = [...scenario.body];
    let isOver = false;
    const end = () => {
      if (!isOver) bodyEnds++;
      isOver = true;
    };
    return {
      async read() {
        const broken = () => {
          throw new ProxyError("client_body_broken");
        };
        try {
          const text = await saboteur.point(() => Promise.resolve(texts.shift()), broken);
          if (text !== undefined) return new TextEncoder().encode(text);
          end();
          return null;
        } catch (error) {
          end();
          throw ProxyError.from(error, "client_body_broken");
        }
      },
      cancel: end,
    };
  };
  const timeouts = { headTimeoutMs: 10_000, bodyTimeoutMs: 10_000 };
  const results: string[] = [];
  const exchange = async () => {
    for (let i = 0; i < (scenario.exchanges ?? 1); i++) {
      const options = { cancel: saboteur.cancel, ...timeouts, observer: { informed() {} } };
      const reply = await send(transport, PEER, { ...scenario.init, body: makeBody(), options });
      let text = `${reply.status} `;
      const source = reply.tunnel ?? reply.body;
      try {
        if (scenario.tunnel) await reply.tunnel?.write(new TextEncoder().encode("ping"));
        for (let chunk = await source?.read(); chunk; chunk = await source?.read()) {
          text += new TextDecoder().decode(chunk);
        }
        if (scenario.tunnel) await reply.tunnel?.closeWrite();
      } finally {
        reply.tunnel?.close();
      }
      for (const [name, value] of reply.body?.trailers ?? []) text += ` ${name}: ${value}`;
      reply.release?.();
      results.push(text);
    }
  };
  let outcome: string | null = null;
  const done = exchange().then(
    () => outcome = results.join(", "),
    (error) => outcome = error instanceof ProxyError ? error.kind : String(error),
  );
  await settle();
  // What stalls is ended by the clock, or, where nothing is limited in time, by who waits.
  for (let i = 0; i < 4 && outcome === null; i++) {
    clock.advance(15_000);
    await settle();
  }
  if (outcome === null) saboteur.cancel.cancel(new ProxyError("client_gone"));
  await done;
  await transport[Symbol.asyncDispose]();
  await settle();
  const { open, idle, waiting, peers } = transport.statistics();
  assertEquals([open, idle, waiting, peers], [0, 0, 0, 0], "counters");
  assertEquals(wheel.armedCount, 0, "timers");
  assert(conns.every(({ closed }) => closed === 1), "each connection is closed once");
  // Whoever sends content is told of its end, whatever happens.
  if (scenario.body !== undefined) assertEquals(bodyEnds, 1, "body");
  return outcome ?? "";
}

for (const scenario of SCENARIOS) {
  for (const fault of FAULTS) {
    Deno.test(`http1Transport leaves nothing behind: ${scenario.name}, ${fault} at every point`, async () => {
      let points = 0;
      for (;; points++) {
        const saboteur = new Saboteur(fault, points);
        const outcome = await attempt(scenario, saboteur);
        if (!saboteur.hasStruck) {
          assertEquals(outcome, scenario.result);
          break;
        }
        // A fault behind the end, or one that the other side's answer outruns, does no harm.
        const isCut = scenario.mayBeCut && fault === "end" && scenario.result.startsWith(outcome);
        const isGood = outcome === scenario.result || KINDS.has(outcome) || isCut;
        assert(isGood, `${fault} at point ${points}: ${outcome}`);
      }
      assert(points >= 3, `${points} points`);
    });
  }
}
