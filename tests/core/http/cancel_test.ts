import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { CancelSource, untilCancelled } from "../../../core/http/mod.ts";

Deno.test("CancelSource.cancel() tells every listener once, with the first reason", () => {
  const source = new CancelSource();
  const heard: unknown[] = [];
  source.onCancel((reason) => heard.push(["a", reason]));
  source.onCancel((reason) => heard.push(["b", reason]));
  assertFalse(source.cancelled);
  assertEquals(source.reason, undefined);
  source.cancel("first");
  source.cancel("second");
  assert(source.cancelled);
  assertEquals(source.reason, "first");
  assertEquals(heard, [["a", "first"], ["b", "first"]]);
});

Deno.test("CancelSource.onCancel() calls at once when it was cancelled before", () => {
  const source = new CancelSource();
  source.cancel("gone");
  const heard: unknown[] = [];
  const forget = source.onCancel((reason) => heard.push(reason));
  forget();
  assertEquals(heard, ["gone"]);
});

Deno.test("CancelSource.onCancel() gives a function that takes the listener back", () => {
  const source = new CancelSource();
  const heard: string[] = [];
  const forget = source.onCancel(() => heard.push("a"));
  source.onCancel(() => heard.push("b"));
  forget();
  forget();
  source.cancel(undefined);
  assertEquals(heard, ["b"]);
});

Deno.test("CancelSource.signal is one AbortSignal that fires with the reason", () => {
  const before = new CancelSource();
  const { signal } = before;
  assertStrictEquals(before.signal, signal);
  assertFalse(signal.aborted);
  before.cancel("gone");
  assertEquals([signal.aborted, signal.reason], [true, "gone"]);
  const after = new CancelSource();
  after.cancel("gone");
  assertEquals([after.signal.aborted, after.signal.reason], [true, "gone"]);
});

Deno.test("CancelSource.cancel() goes on when a listener throws, whose error is reported", async () => {
  const source = new CancelSource();
  const heard: string[] = [];
  const failure = new Error("listener");
  source.onCancel(() => {
    throw failure;
  });
  source.onCancel(() => heard.push("b"));
  const reported = Promise.withResolvers<unknown>();
  const onError = (event: ErrorEvent): void => {
    event.preventDefault();
    reported.resolve(event.error);
  };
  addEventListener("error", onError);
  try {
    source.cancel("gone");
    assertEquals(heard, ["b"]);
    assertStrictEquals(await reported.promise, failure);
  } finally {
    removeEventListener("error", onError);
  }
});

Deno.test("untilCancelled() gives what the promise gives", async () => {
  const source = new CancelSource();
  assertEquals(await untilCancelled(Promise.resolve(1), source), 1);
  await assertRejects(() => untilCancelled(Promise.reject(new Error("x")), source), Error, "x");
  // Nothing is left that hears of a later cancellation.
  source.cancel(new Error("late"));
});

Deno.test("untilCancelled() rejects with the reason and drops what comes later", async () => {
  const source = new CancelSource();
  const { promise, reject } = Promise.withResolvers<void>();
  const waiting = untilCancelled(promise, source);
  source.cancel(new Error("gone"));
  await assertRejects(() => waiting, Error, "gone");
  reject(new Error("later"));
  await assertRejects(() => untilCancelled(new Promise(() => {}), source), Error, "gone");
});

Deno.test("CancelSource does not tell listeners that were taken back", () => {
  // Which of them was first must make no difference: one listener is kept apart from the others.
  for (const kept of [0, 1, 2]) {
    const source = new CancelSource();
    const seen: number[] = [];
    const forget = [0, 1, 2].map((n) => source.onCancel(() => seen.push(n)));
    for (const n of [0, 1, 2]) if (n !== kept) forget[n]();
    source.onCancel(() => seen.push(9));
    for (const n of [0, 1, 2]) if (n !== kept) forget[n]();
    source.cancel(null);
    assertEquals(seen.sort(), [kept, 9]);
  }
});
