import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { type Arrival, arrival, piecesOf } from "./_cut.ts";
import { serveInMemory } from "./_memory_server.ts";
import { readResponses } from "./_naive_response.ts";
import { readRequests } from "./_naive_request.ts";
import { type Plan, recordingHandler, type Seen, type Use } from "./_recording_handler.ts";
import { fuzzSettings } from "./_settings.ts";
import { type ValidRequest, validRequest } from "./_valid_requests.ts";

const plan: fc.Arbitrary<Plan> = fc.record({
  use: fc.oneof(
    { weight: 4, arbitrary: fc.constant<Use>("all") },
    { weight: 3, arbitrary: fc.constantFrom<Use>("meanwhile", "some", "none", "cancel") },
  ),
  wait: fc.oneof(fc.constant(0), fc.nat({ max: 30 })),
  isStream: fc.boolean(),
});

/** What a handler must have seen, given how far it looked. */
function expected(request: ValidRequest, { use }: Plan): Seen {
  const { method, target, authority, version, lines, content, trailers, isFramed } = request;
  const isRead = use === "all" || use === "meanwhile";
  return {
    method,
    target,
    authority,
    version,
    lines,
    content: isRead || !isFramed ? content : null,
    trailers: isRead ? trailers : [],
    isBroken: false,
  };
}

/** Whether the connection ends behind the answer. */
function endsConnection(request: ValidRequest, { use }: Plan): boolean {
  // A client that waits for a 100 which it is not sent cannot go on behind its content.
  const isWaiting = request.expectsContinue && use !== "all" && use !== "some";
  return !request.isKeepAlive || isWaiting;
}

async function check(
  requests: readonly ValidRequest[],
  plans: readonly Plan[],
  { cuts, pace }: Arrival,
  maxWrite: number,
): Promise<void> {
  const seen: Seen[] = [];
  const server = serveInMemory(recordingHandler(plans, seen), { maxWrite });
  for (const piece of piecesOf(requests.map(({ text }) => text).join(""), cuts)) {
    server.client.send(piece);
    for (let turn = 0; turn < pace; turn++) await null;
  }
  server.client.end();
  await server.ended();
  const isLast = (request: ValidRequest, i: number) =>
    endsConnection(request, plans[i % plans.length]);
  const last = requests.findIndex(isLast);
  const answered = last < 0 ? requests : requests.slice(0, last + 1);
  assertEquals(seen.length, answered.length);
  const { responses, rest, fault } = readResponses(server.received, answered);
  assertEquals([responses.length, rest, fault], [answered.length, "", null]);
  for (const [i, request] of answered.entries()) {
    const plan = plans[i % plans.length];
    const { content, status, interim, isKeepAlive } = responses[i];
    assertEquals(status, 200);
    assertEquals(content, { content: request.method === "HEAD" ? "" : `<${i}>`, trailers: [] });
    const isToldToGoOn = request.expectsContinue && (plan.use === "all" || plan.use === "some");
    assertEquals(interim.map(({ status }) => status), isToldToGoOn ? [100] : []);
    if (i + 1 < answered.length) assert(isKeepAlive);
    // A HEAD has its answer's content cancelled, and so nobody reads what this one would have read.
    if (request.method === "HEAD" && plan.use === "meanwhile") continue;
    assertEquals(seen[i], expected(request, plan));
  }
  assertEquals(
    server.ends.map(({ status, error }) => [status, error]),
    answered.map(() => [200, null]),
  );
  assertEquals([server.wheel.armedCount, server.client.isClosed], [0, true]);
}

Deno.test("any split of valid requests gives the same requests, answered in order (property)", async () => {
  let count = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(validRequest, { minLength: 1, maxLength: 4 }),
      fc.array(plan, { minLength: 1, maxLength: 4 }),
      arrival,
      fc.constantFrom(Infinity, Infinity, 100, 1),
      async (requests, plans, arrival, maxWrite) => {
        await check(requests, plans, arrival, maxWrite);
        count += requests.length;
      },
    ),
    fuzzSettings("valid requests", 8_000),
  );
  assert(count > 0);
});

Deno.test("the naive reader agrees with the generator (property)", () => {
  fc.assert(
    fc.property(fc.array(validRequest, { maxLength: 3 }), (requests) => {
      const { requests: read, end } = readRequests(requests.map(({ text }) => text).join(""));
      const last = requests.findIndex(({ isKeepAlive }) => !isKeepAlive);
      const valid = last < 0 ? requests : requests.slice(0, last + 1);
      assertEquals(end, last < 0 ? "more" : "close");
      assertEquals(
        read.map((
          { method, target, authority, isKeepAlive },
        ) => [method, target, authority, isKeepAlive]),
        valid.map((
          { method, target, authority, isKeepAlive },
        ) => [method, target, authority, isKeepAlive]),
      );
      assertEquals(
        read.map(({ content }) => typeof content === "string" ? content : content.content),
        valid.map(({ content }) => content),
      );
    }),
    fuzzSettings("naive reader", 1_000),
  );
});
