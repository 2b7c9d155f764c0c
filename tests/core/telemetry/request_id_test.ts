import { assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import {
  compose,
  type Handler,
  reply,
  requestId,
  type RequestIdOptions,
  toFetch,
  toReply,
} from "../../../core/mod.ts";
import { ProxyError } from "../../../errors/mod.ts";
import { makeExchange } from "./_make.ts";

/** The ids that one exchange is given: its own, the upstream's, the client's. */
async function ids(options: RequestIdOptions, headers: [string, string][] = []) {
  const exchange = makeExchange({ headers });
  let upstream: string[] = [];
  const handler = requestId({ makeId: () => "made", ...options })((exchange) => {
    upstream = exchange.request.headers.getAll(options.requestHeader ?? "x-request-id");
    return reply(200, null, { headers: { "x-request-id": "of the upstream" } });
  });
  const { headers: answer } = toReply(await handler(exchange));
  const field = options.responseHeader === undefined ? "x-request-id" : options.responseHeader;
  return { id: exchange.id, upstream, client: answer.getAll(field ?? "x-request-id") };
}

Deno.test("requestId() makes an id for exchange, upstream and client", async () => {
  assertEquals(await ids({}), { id: "made", upstream: ["made"], client: ["made"] });
});

Deno.test("requestId() makes UUIDs when nothing else is asked for", async () => {
  const exchange = makeExchange();
  await requestId()(() => reply(200))(exchange);
  assertMatch(exchange.id, /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/);
});

Deno.test("requestId() takes an id from outside only when it is trusted and well formed", async () => {
  const cases: [name: string, trust: RequestIdOptions["trust"], brought: string[], id: string][] = [
    ["not trusted by default", undefined, ["abc"], "made"],
    ["not trusted", false, ["abc"], "made"],
    ["trusted", true, ["abc-1.2_3:~!"], "abc-1.2_3:~!"],
    ["a function trusts", ({ client }) => client.address === "192.0.2.7", ["abc"], "abc"],
    ["a function does not", ({ client }) => client.address === "", ["abc"], "made"],
    ["none brought", true, [], "made"],
    ["empty", true, [""], "made"],
    ["128 characters", true, ["x".repeat(128)], "x".repeat(128)],
    ["129 characters", true, ["x".repeat(129)], "made"],
    ["a blank", true, ["a b"], "made"],
    ["not ASCII", true, ["\xe9"], "made"],
    ["two of them", true, ["a", "b"], "made"],
  ];
  for (const [name, trust, brought, id] of cases) {
    const headers = brought.map((value): [string, string] => ["X-Request-ID", value]);
    assertEquals(await ids({ trust }, headers), { id, upstream: [id], client: [id] }, name);
  }
});

Deno.test("requestId() uses other fields, and none for the client, when asked to", async () => {
  const options = { requestHeader: "X-Trace", responseHeader: "X-Answer", trust: true };
  const all = await ids(options, [["x-trace", "t"]]);
  assertEquals(all, { id: "t", upstream: ["t"], client: ["t"] });
  const silent = await ids({ responseHeader: null });
  assertEquals(silent, { id: "made", upstream: ["made"], client: ["of the upstream"] });
});

Deno.test("requestId() keeps an id that the exchange has", async () => {
  const exchange = makeExchange();
  exchange.id = "first";
  await requestId({ makeId: () => "second" })(() => reply(200))(exchange);
  assertEquals(exchange.id, "first");
});

Deno.test("requestId() sets the field of a Response whose headers cannot be changed", async () => {
  const frozen: Handler = () => Response.redirect("http://localhost/b");
  const fetch = toFetch(compose([requestId({ makeId: () => "7" })], frozen));
  const response = await fetch(new Request("http://localhost/"));
  assertEquals(response.status, 302);
  assertEquals(response.headers.get("x-request-id"), "7");
});

Deno.test("requestId() gives an error page the id too", async () => {
  const limited: Handler = () => {
    throw new ProxyError("rate_limited", "Cannot go on", { headers: [["retry-after", "3"]] });
  };
  const fetch = toFetch(compose([requestId({ makeId: () => "7" })], limited));
  const response = await fetch(new Request("http://localhost/"));
  await response.body?.cancel();
  assertEquals(response.status, 429);
  assertEquals(response.headers.get("retry-after"), "3");
  assertEquals(response.headers.get("x-request-id"), "7");
});

Deno.test("requestId() keeps all that an error tells", async () => {
  const cause = new Error("cause");
  const options = { cause, source: "internal", retry: "yes", status: 418, context: ["c"] } as const;
  const thrown = new ProxyError("no_upstream", "Cannot choose", options);
  const handler = requestId({ makeId: () => "7" })(() => Promise.reject(thrown));
  const error = await assertRejects(async () => await handler(makeExchange()), ProxyError);
  const { kind, message, stack } = thrown;
  const { source, retry, status, context } = error;
  assertEquals([error.kind, error.message, error.stack, error.cause], [
    kind,
    message,
    stack,
    cause,
  ]);
  assertEquals({ cause, source, retry, status, context: [...context] }, {
    ...options,
    context: ["c"],
  });
});

Deno.test("requestId() throws when the name of a field is not a token", () => {
  assertThrows(() => requestId({ requestHeader: "a b" }), TypeError, '"a b"');
  assertThrows(() => requestId({ responseHeader: "" }), TypeError, '""');
});
