import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { type Body, requestHead, ServerExchange, toReply } from "../../core/mod.ts";
import { FakeClock } from "../../timeout/mod.ts";
import { echoHandler } from "../../cli/mod.ts";

const client = { address: "", port: 0, transport: "memory", scheme: "http" } as const;

/** What the handler answers to a request. */
async function echo(init: Parameters<typeof requestHead>[0], body: Body | null = null) {
  const exchange = new ServerExchange(requestHead(init), { client, body, clock: new FakeClock() });
  return toReply(await echoHandler()(exchange));
}

/** A body of many chunks that counts what was read. */
class CountingBody implements Body {
  readonly length?: number;
  reads = 0;
  reason: unknown = null;

  constructor(length?: number) {
    if (length !== undefined) this.length = length;
  }

  read(): Promise<Uint8Array | null> {
    this.reads++;
    return Promise.resolve(new Uint8Array(4));
  }

  cancel(reason: unknown): void {
    this.reason = reason;
  }
}

Deno.test("echoHandler() answers with the request line and the fields as they arrived", async () => {
  const { status, headers, body } = await echo({
    method: "DELETE",
    target: "/a/../b?c=%20d",
    version: "1.0",
    headers: [["Host", "x"], ["X-One", "1"], ["x-one", "2"]],
  });
  assertEquals(status, 200);
  assertEquals(headers.get("content-type"), "text/plain; charset=utf-8");
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  const text = new TextDecoder().decode(await body?.read() ?? undefined);
  assertEquals(text, "DELETE /a/../b?c=%20d HTTP/1.0\nHost: x\nX-One: 1\nx-one: 2\n\n");
});

Deno.test("echoHandler() gives the bytes of a field back, so that UTF-8 stays readable", async () => {
  const value = String.fromCharCode(...new TextEncoder().encode("grün"));
  const { body } = await echo({ headers: [["x-color", value]] });
  assertStringIncludes(
    new TextDecoder().decode(await body?.read() ?? undefined),
    "x-color: grün\n",
  );
});

Deno.test("echoHandler() reads the content only as fast as the answer is read", async () => {
  const body = new CountingBody();
  const { body: answer } = await echo({ method: "POST" }, body);
  assertEquals(answer?.length, undefined);
  await answer?.read();
  assertEquals(body.reads, 0);
  await answer?.read();
  assertEquals(body.reads, 1);
});

Deno.test("echoHandler() knows the length of its answer when that of the content is known", async () => {
  const head = "POST / HTTP/1.1\n\n".length;
  const { body } = await echo({ method: "POST" }, new CountingBody(1_000));
  assertEquals(body?.length, head + 1_000);
});

Deno.test("echoHandler() gives the content up when the answer is given up", async () => {
  const body = new CountingBody();
  const { body: answer } = await echo({ method: "POST" }, body);
  answer?.cancel("gone");
  assertEquals(body.reason, "gone");
  assert(body.reads === 0);
});
