import { assertEquals, assertThrows } from "@std/assert";
import { type LogFields, MetricRegistry } from "../../../core/mod.ts";
import { OutlierDetector } from "../../../loadbalancing/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { type TestBackend, testBackend, TestSet } from "./_backends.ts";

const bad = { status: 500, error: null, durationMs: 1 };

function world() {
  const clock = new FakeClock();
  const [a, b] = [testBackend("127.0.0.1:1", "a"), testBackend("127.0.0.1:2", "b")];
  return { clock, a, b, set: new TestSet(a, b) };
}

function failFiveTimes(detector: OutlierDetector<TestBackend>, backend: TestBackend): void {
  for (let n = 0; n < 5; n++) detector.report(backend, bad);
}

Deno.test("OutlierDetector ejects a backend and lets it return at a sweep", () => {
  const { clock, a, set } = world();
  using detector = new OutlierDetector(set, { clock });
  detector.start();
  const { report } = detector;
  for (let n = 0; n < 5; n++) report(a, bad);
  assertEquals(a.isEjected, true);
  assertEquals(detector.snapshot().map(({ id, isEjected }) => `${id} ${isEjected}`), [
    "a true",
    "b false",
  ]);
  clock.advance(29_999);
  assertEquals(a.isEjected, true);
  clock.advance(1);
  assertEquals(a.isEjected, false);
});

Deno.test("OutlierDetector does nothing until it is started, and lets all return when it stops", () => {
  const { clock, a, b, set } = world();
  const detector = new OutlierDetector(set, { clock });
  failFiveTimes(detector, a);
  assertEquals(a.isEjected, false);
  detector.start();
  detector.start();
  assertEquals([clock.timerCount, set.listeners.size], [1, 1]);
  failFiveTimes(detector, a);
  detector.stop();
  assertEquals(a.isEjected, false);
  assertEquals([clock.timerCount, set.listeners.size], [0, 0]);
  failFiveTimes(detector, b);
  assertEquals(b.isEjected, false);
  detector.start();
  failFiveTimes(detector, b);
  assertEquals(b.isEjected, true);
  detector[Symbol.dispose]();
  detector.stop();
  assertEquals(clock.timerCount, 0);
});

Deno.test("OutlierDetector follows its set", () => {
  const { clock, a, b, set } = world();
  using detector = new OutlierDetector(set, { clock });
  detector.start();
  failFiveTimes(detector, a);
  const c = testBackend("127.0.0.1:3", "c");
  set.change(b, c);
  failFiveTimes(detector, c);
  assertEquals([b.isEjected, c.isEjected], [false, true]);
});

Deno.test("OutlierDetector lets a backend return when a health check passes", () => {
  const { clock, a, b, set } = world();
  const listeners = new Set<(backend: TestBackend) => void>();
  const healthChecks = {
    onPassed(fn: (backend: TestBackend) => void) {
      listeners.add(fn);
      return () => void listeners.delete(fn);
    },
  };
  const detector = new OutlierDetector(set, { clock, healthChecks });
  detector.start();
  failFiveTimes(detector, a);
  for (const fn of listeners) fn(b);
  assertEquals(a.isEjected, true);
  for (const fn of listeners) fn(a);
  assertEquals(a.isEjected, false);
  detector.stop();
  assertEquals(listeners.size, 0);
});

Deno.test("OutlierDetector tells logger, metrics and listeners", () => {
  const { clock, a, b, set } = world();
  const lines: string[] = [];
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const logger = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const metrics = new MetricRegistry();
  const told: string[] = [];
  using detector = new OutlierDetector(set, { clock, logger, metrics, name: "app" });
  const forget = detector.onDecision(({ host, action }) => void told.push(`${host.id} ${action}`));
  detector.start();
  failFiveTimes(detector, a);
  const gauge = () => metrics.snapshot().find(({ kind }) => kind === "gauge")?.series;
  assertEquals(gauge(), [{ labels: { set: "app" }, value: 1 }]);
  failFiveTimes(detector, b);
  clock.advance(30_000);
  assertEquals(gauge(), [{ labels: { set: "app" }, value: 0 }]);
  forget();
  failFiveTimes(detector, b);
  assertEquals(told, ["a ejected", "b limit_reached", "a returned"]);
  assertEquals(lines.slice(0, 3), [
    'warn backend ejected {"set":"app","backend":"a","rule":"consecutive_5xx","ejectionMs":30000}',
    'debug backend not ejected: too many are {"set":"app","backend":"b","rule":"consecutive_5xx"}',
    'info ejected backend returned {"set":"app","backend":"a"}',
  ]);
  const counted = metrics.snapshot().find(({ kind }) => kind === "counter")?.series;
  assertEquals(counted?.map(({ labels, ...rest }) => [labels.rule, labels.action, rest]), [
    ["consecutive_5xx", "ejected", { value: 2 }],
    ["consecutive_5xx", "limit_reached", { value: 1 }],
    ["none", "returned", { value: 1 }],
  ]);
});

Deno.test("OutlierDetector throws RangeError for options that make no sense", () => {
  assertThrows(() => new OutlierDetector(new TestSet(), { intervalMs: -1 }), RangeError);
});
