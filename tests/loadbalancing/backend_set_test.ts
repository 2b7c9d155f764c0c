import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { BackendSet, type BackendSetEvent } from "@pingo/pingo/loadbalancing";
import { rethrown } from "./_support.ts";

const a = { peer: "10.0.0.1:80" };
const b = { peer: "10.0.0.2:80" };
const c = { peer: "10.0.0.3:80" };

Deno.test("BackendSet.update() keeps survivors with health, leases and statistics", () => {
  const set = new BackendSet([a, b]);
  const before = set.backends;
  const survivor = before[1];
  survivor.acquire();
  survivor.markHealthy(false);
  survivor.drain();
  set.update([c, { ...b, weight: 7, priority: 1, zone: "z" }]);
  assertStrictEquals(set.backends[1], survivor);
  assertEquals(
    [survivor.weight, survivor.priority, survivor.zone, survivor.leases, survivor.isHealthy],
    [7, 1, "z", 1, false],
  );
  assertEquals([survivor.state, survivor.statistics.selected], ["draining", 1]);
  assertEquals(before.map(({ id }) => id), [a.peer, b.peer], "the old list has changed");
  assert(Object.isFrozen(set.backends));
  survivor.release("succeeded");
});

Deno.test("BackendSet.update() lets removed backends keep their leases", () => {
  const set = new BackendSet([a, b]);
  const removed = set.backends[0];
  removed.acquire();
  set.update([b]);
  assertEquals(set.departing, [removed]);
  assertEquals(set.snapshot().map(({ id, leases }) => [id, leases]), [[b.peer, 0], [a.peer, 1]]);
  removed.release("succeeded");
  assertEquals(set.departing, []);
  assertEquals(set.snapshot().length, 1);
});

Deno.test("BackendSet.update() takes one back that has attempts under way", () => {
  const set = new BackendSet([a, b]);
  const removed = set.backends[0];
  removed.acquire();
  set.update([b]);
  set.update([b, { ...a, weight: 3 }]);
  assertStrictEquals(set.get(a.peer), removed);
  assertEquals([removed.weight, removed.leases, set.departing.length], [3, 1, 0]);
  removed.release("succeeded");
});

Deno.test("BackendSet.update() makes a new one where the old one had ended", () => {
  const set = new BackendSet([a, b]);
  const removed = set.backends[0];
  removed.markHealthy(false);
  set.update([b]);
  set.update([a, b]);
  assertEquals(set.get(a.peer)?.isHealthy, true);
});

for (
  const { name, next, says } of [
    { name: "two of one id", next: [c, c], says: "twice" },
    { name: "a bad peer", next: [c, { peer: "x" }], says: "port" },
    { name: "a bad weight", next: [{ ...a, weight: 4 }, { ...b, weight: -1 }], says: "weight" },
  ]
) {
  Deno.test(`BackendSet.update() refuses ${name} and changes nothing`, () => {
    const set = new BackendSet([a, b]);
    const before = set.backends;
    const events: BackendSetEvent[] = [];
    set.onChange((event) => events.push(event));
    assertThrows(() => set.update(next), Error, says);
    assertStrictEquals(set.backends, before);
    assertEquals(before.map(({ weight }) => weight), [1, 1]);
    assertEquals(events, []);
  });
}

Deno.test("BackendSet.onChange() tells of one swap, and of what its backends do", () => {
  const set = new BackendSet([a, b]);
  const [first, second] = set.backends;
  const told: string[] = [];
  const stop = set.onChange((event) => {
    if (event.kind === "backend") told.push(`${event.backend.id} ${event.change}`);
    else {
      const ids = [event.added, event.removed, event.changed].map((list) => list.map((e) => e.id));
      // The list is whole when it is told of.
      told.push(`${JSON.stringify(ids)} of ${set.backends.length}`);
    }
  });
  second.eject();
  set.update([{ ...b, weight: 2 }, c]);
  first.drain();
  second.restore();
  stop();
  second.drain();
  assertEquals(told, [
    `${b.peer} ejection`,
    `[["${c.peer}"],["${a.peer}"],["${b.peer}"]] of 2`,
    `${b.peer} ejection`,
  ]);
});

Deno.test("BackendSet.update() moves a backend that keeps its id", () => {
  const set = new BackendSet([{ ...a, id: "web" }]);
  const events: BackendSetEvent[] = [];
  set.onChange((event) => events.push(event));
  set.update([{ ...b, id: "web" }]);
  const [backend] = set.backends;
  assertEquals([backend.id, backend.address], ["web", b.peer]);
  assertEquals(events, [{ kind: "list", added: [], removed: [], changed: [backend] }]);
});

Deno.test("BackendSet() takes peers, and nobody at all", () => {
  assertEquals(new BackendSet([a.peer]).backends.length, 1);
  assertEquals(new BackendSet().backends, []);
});

Deno.test("BackendSet and Backend go on when a listener throws, and rethrow it apart", async () => {
  const set = new BackendSet([a]);
  const [backend] = set.backends;
  const heard: string[] = [];
  const fail = () => {
    throw new Error("a listener's");
  };
  set.onChange(fail);
  set.onChange(({ kind }) => heard.push(kind));
  const thrown = await rethrown(() => {
    set.update([a, b]);
    backend.drain();
    backend.onChange(fail);
    set.update([{ ...a, weight: 3 }]);
    backend.enable();
  });
  assertEquals(set.backends.map(({ weight, state }) => [weight, state]), [[3, "enabled"]]);
  assertEquals(heard, ["list", "backend", "list", "backend"]);
  assertEquals(thrown, Array(6).fill("a listener's"));
});
