import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { PendingReply, type Reply, reply, type ReplyReceiver } from "../../../core/mod.ts";

/** Notes what it is told. */
function receiver(heard: unknown[], name = ""): ReplyReceiver {
  return {
    replied: ({ status }) => void heard.push(`${name}${status}`),
    failed: (error) => void heard.push(error),
  };
}

Deno.test("PendingReply.handTo() calls back at once, whether the end comes before or behind", () => {
  const error = new Error("gone");
  for (const isBefore of [true, false]) {
    for (const hasFailed of [true, false]) {
      const heard: unknown[] = [];
      const pending = new PendingReply();
      const end = () => hasFailed ? pending.reject(error) : pending.resolve(reply(200));
      if (isBefore) end();
      pending.handTo(receiver(heard));
      if (!isBefore) {
        assertEquals(heard, []);
        end();
      }
      assertEquals(heard, [hasFailed ? error : "200"]);
    }
  }
});

Deno.test("PendingReply ends once", async () => {
  const error = new Error("gone");
  const heard: unknown[] = [];
  const answered = new PendingReply();
  answered.handTo(receiver(heard));
  answered.resolve(reply(200));
  answered.resolve(reply(500));
  answered.reject(error);
  const failed = new PendingReply();
  failed.handTo(receiver(heard));
  failed.reject(error);
  failed.reject(new Error("again"));
  failed.resolve(reply(200));
  assertEquals(heard, ["200", error]);
  assertEquals((await answered).status, 200);
  assertStrictEquals(await failed.catch((reason) => reason), error);
});

Deno.test("PendingReply tells everybody who asks, in their order", async () => {
  const heard: unknown[] = [];
  const pending = new PendingReply();
  pending.handTo(receiver(heard, "a"));
  const promise = pending.then(({ status }) => heard.push(status));
  pending.handTo(receiver(heard, "b"));
  pending.resolve(reply(201));
  assertEquals(heard, ["a201", "b201"]);
  await promise;
  pending.handTo(receiver(heard, "c"));
  assertEquals(heard, ["a201", "b201", 201, "c201"]);

  const error = new Error("gone");
  const broken = new PendingReply();
  broken.handTo(receiver(heard));
  broken.handTo(receiver(heard));
  broken.reject(error);
  assertEquals(heard.slice(4), [error, error]);
});

Deno.test("PendingReply is a promise to who uses it as one", async () => {
  const pending = new PendingReply();
  const made: Reply = reply(204);
  assert(pending instanceof Promise);
  assertEquals(Object.prototype.toString.call(pending), "[object PendingReply]");
  queueMicrotask(() => pending.resolve(made));
  assertStrictEquals(await pending, made);
  assertStrictEquals(await Promise.resolve(pending), made);
  assertEquals(await Promise.all([pending, pending.then(({ status }) => status)]), [made, 204]);
  let ends = 0;
  assertStrictEquals(await pending.finally(() => void ends++), made);
  assertEquals(ends, 1);

  const broken = new PendingReply();
  broken.reject(new TypeError("no"));
  await assertRejects(() => broken, TypeError, "no");
  await assertRejects(() => broken.finally(() => void ends++), TypeError, "no");
  assertEquals(await broken.then(() => "replied", () => "failed"), "failed");
  assertEquals(ends, 2);
});

Deno.test("PendingReply that fails and that nobody waits for is no unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    unhandled.push(event.reason);
  };
  addEventListener("unhandledrejection", note);
  try {
    new PendingReply().reject(new Error("nobody asks"));
    // Unhandled rejections are told of behind the promises of this turn.
    await new Promise((resolve) => setTimeout(resolve, 0));
    assertEquals(unhandled, []);
  } finally {
    removeEventListener("unhandledrejection", note);
  }
});
