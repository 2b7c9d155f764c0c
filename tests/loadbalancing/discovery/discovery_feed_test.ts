import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { createLogger, Server } from "../../../core/mod.ts";
import {
  BackendSet,
  type Discovery,
  DiscoveryFeed,
  discoveryService,
  type DiscoverySink,
  iterableDiscovery,
  staticDiscovery,
} from "../../../loadbalancing/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { rethrown } from "../_support.ts";
import { Recorder } from "./_recorder.ts";

/** A discovery whose sink is played by hand. */
function played() {
  let sink: DiscoverySink | null = null;
  const { promise: started, resolve: start } = Promise.withResolvers<void>();
  const discovery: Discovery = {
    source: "by hand",
    run: (given, { signal }) => {
      sink = given;
      start();
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  };
  return {
    discovery,
    started,
    get sink(): DiscoverySink {
      if (sink === null) throw new Error("not started");
      return sink;
    },
  };
}

const A = { peer: "10.0.0.1:80" };
const B = { peer: "10.0.0.2:80" };

Deno.test("DiscoveryFeed puts each new list into the set, and tells of changes alone", async () => {
  const source = played();
  await using recorder = new Recorder(source.discovery);
  recorder.feed.start();
  recorder.feed.start();
  source.sink.update([A]);
  source.sink.update([A]);
  source.sink.update([{ ...A, weight: 2 }, B]);
  assertEquals(recorder.set.backends.map(({ id, weight }) => `${id} ${weight}`), [
    "10.0.0.1:80 2",
    "10.0.0.2:80 1",
  ]);
  assertEquals(recorder.lines, [
    "info backends discovered 1 +1 -0",
    "info backends discovered 2 +1 -0",
  ]);
  assertEquals(recorder.results(), { changed: 2, unchanged: 1 });
  assertEquals([recorder.gauge("stale"), recorder.gauge("backends")], [0, 2]);
});

const troubles: [
  name: string,
  result: string,
  text: string,
  cause: (sink: DiscoverySink) => void,
][] = [
  ["an empty list", "empty", "the list is empty", (sink) => sink.update([])],
  ["a failure", "failed", "no answer", (sink) => sink.fail(new Error("no answer"))],
  ["a failure that is no error", "failed", "gone", (sink) => sink.fail("gone")],
  [
    "a backend that makes no sense",
    "refused",
    "Cannot make the backend 10.0.0.2:80: weight -1 is not a whole number from 0 to 65535",
    (sink) => sink.update([{ peer: "10.0.0.2:80", weight: -1 }]),
  ],
  [
    "a backend that stands there twice",
    "refused",
    'Cannot update the backends: "10.0.0.1:80" stands there twice',
    (sink) => sink.update([A, A]),
  ],
];
for (const [name, result, text, cause] of troubles) {
  Deno.test(`DiscoveryFeed keeps the last good list at ${name}, and says so once`, async () => {
    const source = played();
    await using recorder = new Recorder(source.discovery);
    recorder.feed.start();
    cause(source.sink);
    assertEquals(recorder.lines, [`warn discovery failed, it has found nothing yet ${text}`]);
    source.sink.update([A]);
    recorder.lines.length = 0;
    cause(source.sink);
    cause(source.sink);
    assertEquals(recorder.ids, ["10.0.0.1:80"]);
    assertEquals(recorder.lines, [`warn discovery failed, the last good backends stay ${text}`]);
    assertEquals(recorder.results()[result], 3);
    assertEquals([recorder.gauge("stale"), recorder.gauge("backends")], [1, 1]);
    assertEquals(recorder.feed.snapshot().problem, text);
    source.sink.update([A]);
    assertEquals(recorder.lines.at(-1), "info discovery works again");
    assertEquals([recorder.gauge("stale"), recorder.feed.snapshot().problem], [0, null]);
  });
}

Deno.test("DiscoveryFeed takes a list for good though who hears of the swap throws", async () => {
  const source = played();
  await using recorder = new Recorder(source.discovery);
  recorder.set.onChange(() => {
    throw new Error("a listener's");
  });
  recorder.feed.start();
  const thrown = await rethrown(() => source.sink.update([A]));
  assertEquals(thrown, ["a listener's"]);
  assertEquals(recorder.results(), { changed: 1 });
  assertEquals([recorder.gauge("stale"), recorder.feed.snapshot().problem], [0, null]);
});

Deno.test("iterableDiscovery() closes an iterable that brings no list, and calls its function again", async () => {
  const clock = new FakeClock();
  let [opened, closed] = [0, 0];
  async function* lists() {
    opened++;
    try {
      await Promise.resolve();
      yield JSON.parse("{}");
    } finally {
      closed++;
    }
  }
  const discovery = iterableDiscovery(lists, { clock, retryMs: 10 });
  await using recorder = new Recorder(discovery);
  recorder.feed.start();
  await clock.advanceAsync(25);
  assertEquals([opened, closed], [3, 3]);
});

Deno.test("DiscoveryFeed takes an empty list for true with acceptEmpty", async () => {
  const source = played();
  await using recorder = new Recorder(source.discovery, { acceptEmpty: true });
  recorder.feed.start();
  source.sink.update([A]);
  source.sink.update([], new Error("half of it is missing"));
  assertEquals(recorder.ids, ["10.0.0.1:80"]);
  source.sink.update([]);
  assertEquals(recorder.ids, []);
});

Deno.test("DiscoveryFeed takes a list with a hole, and says that there is one", async () => {
  const source = played();
  await using recorder = new Recorder(source.discovery);
  recorder.feed.start();
  source.sink.update([A], new Error("no AAAA"));
  source.sink.update([A, B], new Error("no AAAA"));
  assertEquals(recorder.ids, ["10.0.0.1:80", "10.0.0.2:80"]);
  assertEquals(recorder.lines.filter((line) => line.startsWith("warn")), [
    "warn discovery failed, the last good backends stay no AAAA",
  ]);
  assertEquals(recorder.gauge("stale"), 1);
});

Deno.test("DiscoveryFeed.snapshot() tells how the source stands", async () => {
  const source = played();
  const clock = new FakeClock({ epoch: 5_000 });
  await using recorder = new Recorder(source.discovery, { clock });
  recorder.feed.start();
  const before = { source: "by hand", backends: 0, goodAt: null, problem: null };
  assertEquals(recorder.feed.snapshot(), before);
  source.sink.update([A, B]);
  assertEquals(recorder.feed.snapshot(), { ...before, backends: 2, goodAt: 5_000 });
});

Deno.test("DiscoveryFeed hears nothing more of a source once it is stopped, and can start again", async () => {
  const source = played();
  await using recorder = new Recorder(source.discovery);
  recorder.feed.start();
  const { sink } = source;
  sink.update([A]);
  await recorder.feed.stop();
  sink.update([B]);
  sink.fail(new Error("late"));
  assertEquals([recorder.ids, recorder.lines.length], [["10.0.0.1:80"], 1]);
  recorder.feed.start();
  source.sink.update([B]);
  assertEquals(recorder.ids, ["10.0.0.2:80"]);
});

Deno.test("DiscoveryFeed says so when a source has ended with an error", async () => {
  const broken = { source: "broken", run: () => Promise.reject(new Error("defect")) };
  await using recorder = new Recorder(broken);
  recorder.feed.start();
  await recorder.feed.whenEnded();
  assertEquals(recorder.lines, [
    "warn discovery failed, it has found nothing yet defect",
    "error discovery has ended with an error",
  ]);
});

Deno.test("discoveryService() is ready with the first good list, or at once", async () => {
  const quiet = { logger: createLogger({ level: "error" }) };
  for (const waitsForFirst of [true, false]) {
    const source = played();
    const set = new BackendSet();
    const feed = new DiscoveryFeed(set, source.discovery);
    await using server = new Server(quiet);
    server.addService(discoveryService("discovery", feed, { waitsForFirst }));
    const started = server.start();
    await source.started;
    assertEquals(server.isReady, false);
    if (waitsForFirst) source.sink.update([A]);
    await started;
    assertEquals(server.isReady, true);
    assertEquals(await server.stop(), { exitCode: 0, problems: [] });
  }
});

Deno.test("staticDiscovery() tells once and has ended", async () => {
  await using recorder = new Recorder(staticDiscovery(["10.0.0.1:80", { ...B, zone: "x" }]));
  recorder.feed.start();
  await recorder.feed.whenEnded();
  assertEquals(recorder.set.backends.map(({ zone }) => zone), ["", "x"]);
});

Deno.test("iterableDiscovery() takes lists as they come", async () => {
  const gate = Promise.withResolvers<void>();
  async function* lists() {
    yield ["10.0.0.1:80"];
    await gate.promise;
    yield [A, B];
  }
  await using recorder = new Recorder(iterableDiscovery(lists(), { source: "my api" }));
  recorder.feed.start();
  await recorder.holds("10.0.0.1:80");
  gate.resolve();
  await recorder.holds("10.0.0.1:80", "10.0.0.2:80");
  assertEquals(recorder.feed.snapshot().source, "my api");
  await recorder.feed.whenEnded();
});

Deno.test("iterableDiscovery() calls the function again after a failure", async () => {
  const clock = new FakeClock();
  let calls = 0;
  async function* lists() {
    if (++calls === 2) throw new Error("the API is down");
    yield [{ peer: `10.0.0.${calls}:80` }];
    if (calls === 1) throw new Error("cut");
  }
  await using recorder = new Recorder(iterableDiscovery(lists, { clock, retryMs: 500 }));
  recorder.feed.start();
  await clock.advanceAsync(0);
  assertEquals([calls, recorder.ids], [1, ["10.0.0.1:80"]]);
  await clock.advanceAsync(500);
  assertEquals([calls, recorder.ids], [2, ["10.0.0.1:80"]]);
  await clock.advanceAsync(500);
  assertEquals([calls, recorder.ids], [3, ["10.0.0.3:80"]]);
  assertEquals(recorder.lines.filter((line) => line.startsWith("warn")), [
    "warn discovery failed, the last good backends stay cut",
    "warn discovery failed, the last good backends stay the API is down",
  ]);
});

Deno.test("iterableDiscovery() ends while its iterable waits, and tells it", async () => {
  let isTold = false;
  const lists = (signal: AbortSignal) => {
    signal.addEventListener("abort", () => isTold = true);
    return {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<string[]>>(() => {}),
      }),
    };
  };
  const recorder = new Recorder(iterableDiscovery(lists));
  recorder.feed.start();
  await recorder.feed.stop();
  assertEquals(isTold, true);
});

Deno.test("iterableDiscovery() throws RangeError when retryMs is no time", () => {
  assertThrows(
    () => iterableDiscovery(() => (async function* () {})(), { retryMs: 0 }),
    RangeError,
  );
});

Deno.test("iterableDiscovery() that throws without a function has ended", async () => {
  async function* lists() {
    yield [A];
    throw new Error("over");
  }
  const discovery = iterableDiscovery(lists());
  const sink = { update: () => {}, fail: () => {} };
  const { signal } = new AbortController();
  await assertRejects(() => discovery.run(sink, { signal }), Error, "over");
});
