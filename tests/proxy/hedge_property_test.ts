import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Cancel,
  memoryTransport,
  type Reply,
  reply,
  requestHead,
  ServerExchange,
  toReply,
} from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { HostBreakers, LoadBalancer } from "../../loadbalancing/mod.ts";
import { HttpProxy } from "../../proxy/mod.ts";
import { FakeClock, RetryBudget } from "../../timeout/mod.ts";
import { fuzzSettings } from "../fuzz/_settings.ts";

const client = { address: "192.0.2.7", port: 4711, transport: "tcp", scheme: "http" } as const;
const DELAY_MS = 10;

/** What an attempt meets, and when. `never`: until it is given up. */
interface Met {
  readonly ms: number;
  /** Whether it comes though it was given up: it was on its way. */
  readonly isLate: boolean;
  readonly what: 200 | 404 | 500 | 503 | "connection_reset" | "connect_refused" | "never";
}

const met: fc.Arbitrary<Met> = fc.record({
  // Never at the same moment as another thing.
  ms: fc.constantFrom(0, 3, 7, 22, 41),
  isLate: fc.boolean(),
  what: fc.constantFrom<Met["what"][]>(
    200,
    404,
    500,
    503,
    "connection_reset",
    "connect_refused",
    "never",
  ),
});
const request = fc.record({
  first: met,
  second: met,
  leavesAtMs: fc.option(fc.constantFrom(1, 5, 12, 30), { nil: null }),
});

/** What the client gets: null where it left before, or would wait for ever. */
function expected({ first, second, leavesAtMs }: Meeting): number | null {
  const ends = [{ ...first, at: first.ms }];
  const isHedged = first.what === "never" || first.ms > DELAY_MS;
  if (isHedged) ends.push({ ...second, at: DELAY_MS + second.ms });
  const come = ends.filter(({ what }) => what !== "never").sort((a, b) => a.at - b.at);
  const good = come.find(({ what }) => typeof what === "number" && what < 500);
  const last = come.length < ends.length ? undefined : come.at(-1);
  const at = good?.at ?? last?.at ?? Infinity;
  if (leavesAtMs !== null && leavesAtMs < at) return null;
  if (good !== undefined) return Number(good.what);
  if (last === undefined) return null;
  const answers = come.filter(({ what }) => typeof what === "number");
  return Number(answers.at(-1)?.what ?? 502);
}

interface Meeting {
  readonly first: Met;
  readonly second: Met;
  readonly leavesAtMs: number | null;
}

Deno.test("HttpProxy with hedge gives the first good answer and every lease back, whatever happens (property)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { maxLength: 5 }),
      fc.boolean(),
      async (meetings, guarded) => {
        const clock = new FakeClock();
        const balancer = new LoadBalancer({ backends: ["a:1", "b:1", "c:1"], clock });
        const breakers = new HostBreakers({ clock });
        let [selected, settled, open, running, asked] = [0, 0, 0, 0, 0];
        balancer.onSelect(() => void selected++);
        balancer.onOutcome(() => void settled++);
        let hosts: string[] = [];
        let meeting: Meeting = {
          first: { ms: 0, what: 200, isLate: false },
          second: { ms: 0, what: 200, isLate: false },
          leavesAtMs: null,
        };
        const answerOf = (host: string, cancel: Cancel): Promise<Reply> => {
          const { ms, what, isLate } = hosts.length === 0 ? meeting.first : meeting.second;
          hosts.push(host);
          running++;
          return new Promise((resolve, reject) => {
            let isOver = false;
            const end = (step: () => void): void => {
              if (isOver) return;
              isOver = true;
              running--;
              step();
            };
            const answer = (): void => {
              if (what === "never") return;
              if (typeof what === "string") return reject(new ProxyError(what));
              open++;
              resolve({
                ...reply(what, null, { headers: { "x-host": host } }),
                release: () => void open--,
              });
            };
            const cancelTimer = what === "never" ? () => {} : clock.setTimer(() => end(answer), ms);
            cancel.onCancel((reason) => {
              if (isLate && what !== "never") return;
              cancelTimer();
              end(() => reject(reason));
            });
          });
        };
        await using proxy = new HttpProxy({
          upstream: guarded ? breakers.guard(balancer) : balancer,
          retry: { maxAttempts: 1 },
          hedge: { delayMs: DELAY_MS, budget: new RetryBudget({ ratio: 1, clock }), clock },
          transport: {
            ...memoryTransport(() => reply(200)),
            exchange: (_head, _body, { peer, cancel }) => answerOf(peer.hostname, cancel),
          },
        });
        for (const each of meetings) {
          [meeting, hosts] = [each, []];
          const exchange = new ServerExchange(requestHead({ authority: "example.com" }), {
            client,
            clock,
          });
          let answer: Reply | null = null;
          const replying = Promise.resolve(proxy.handle(exchange)).then((given) => {
            answer = toReply(given);
            return answer;
          });
          const { leavesAtMs } = each;
          await clock.advanceAsync(leavesAtMs ?? 60);
          const hasAnswer = answer !== null;
          if (!hasAnswer) exchange.abort(new ProxyError("client_gone"));
          await clock.advanceAsync(60);
          const { status, headers, release } = await replying;
          assertEquals(hasAnswer ? status : null, expected(each));
          exchange.end(hasAnswer ? null : new ProxyError("client_gone"), 0);
          release?.();
          await clock.advanceAsync(60);
          assert(hosts.length <= 2);
          assertEquals(new Set(hosts).size, hosts.length, "one server was asked twice");
          assertEquals([settled, open, running, clock.timerCount], [selected, 0, 0, 0]);
          const winner = headers.get("x-host");
          if (winner !== null) assertEquals(exchange.peer?.hostname, winner);
          asked += hosts.length;
          if (!guarded) assertEquals(selected, asked, "somebody was chosen and not asked");
          assertEquals(exchange.timings.attempts, hosts.length);
        }
        assertEquals(balancer.backends.backends.map(({ leases }) => leases), [0, 0, 0]);
      },
    ),
    fuzzSettings("HttpProxy hedges", 200),
  );
});
