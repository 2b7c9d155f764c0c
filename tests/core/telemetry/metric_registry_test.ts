import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { DURATION_BUCKETS, type HistogramSnapshot, MetricRegistry } from "../../../core/mod.ts";

function histogramOf(registry: MetricRegistry): HistogramSnapshot {
  const [metric] = registry.snapshot();
  if (metric.kind !== "histogram") throw new Error(`It is a ${metric.kind}`);
  return metric;
}

Deno.test("MetricRegistry.snapshot() tells every metric in order of registration", () => {
  const registry = new MetricRegistry();
  const seen = registry.counter("seen_total", "Seen.", { labels: ["kind", "size"] });
  const open = registry.gauge("open", "Open.").labels({});
  const sizes = registry.histogram("size", "Sizes.", { buckets: [1, 10] }).labels({});
  seen.labels({ kind: "a", size: "1" }).add();
  seen.labels({ size: "1", kind: "a" }).add(0.5);
  seen.labels({ kind: "b", size: "" }).add(0);
  open.add(3);
  open.add(-1);
  for (const value of [-1, 1, 1.5, 10, 11, Infinity]) sizes.observe(value);
  assertEquals(registry.snapshot(), [{
    kind: "counter",
    name: "seen_total",
    help: "Seen.",
    series: [
      { labels: { kind: "a", size: "1" }, value: 1.5 },
      { labels: { kind: "b", size: "" }, value: 0 },
    ],
  }, {
    kind: "gauge",
    name: "open",
    help: "Open.",
    series: [{ labels: {}, value: 2 }],
  }, {
    kind: "histogram",
    name: "size",
    help: "Sizes.",
    bounds: [1, 10],
    series: [{ labels: {}, cumulative: [2, 4], sum: Infinity, count: 6 }],
  }]);
});

Deno.test("MetricRegistry.snapshot() does not change afterwards", () => {
  const registry = new MetricRegistry();
  const gauge = registry.gauge("open", "Open.").labels({});
  const before = registry.snapshot();
  gauge.set(7);
  assertEquals(before[0].series, [{ labels: {}, value: 0 }]);
});

Deno.test("MetricRegistry gives one series for the same label values", () => {
  const registry = new MetricRegistry();
  const family = registry.gauge("g", "G.", { labels: ["a", "b"] });
  assertStrictEquals(family.labels({ a: "1", b: "2" }), family.labels({ b: "2", a: "1" }));
  family.labels({ a: "1:1", b: "" }).set(1);
  family.labels({ a: "1", b: "1:" }).set(2);
  family.labels({ a: "", b: "1:1" }).set(3);
  assertEquals(registry.snapshot()[0].series.length, 4);
});

Deno.test("MetricRegistry gives the same metric when it is asked for twice", () => {
  const registry = new MetricRegistry();
  for (let i = 0; i < 2; i++) {
    registry.counter("c_total", "C.", { labels: ["a"] }).labels({ a: "x" }).add();
    registry.gauge("g", "G.").labels({}).add(1);
    registry.histogram("h", "H.").labels({}).observe(1);
  }
  assertEquals(registry.snapshot().length, 3);
  assertEquals(registry.snapshot()[0].series, [{ labels: { a: "x" }, value: 2 }]);
});

Deno.test("MetricRegistry throws when a name is taken by another shape", () => {
  const registry = new MetricRegistry();
  registry.counter("c_total", "C.", { labels: ["a"] });
  registry.histogram("h", "H.", { buckets: [1] });
  assertThrows(() => registry.gauge("c_total", "C.", { labels: ["a"] }), TypeError, "it exists as");
  assertThrows(
    () => registry.counter("c_total", "C.", { labels: ["b"] }),
    TypeError,
    "counter {a}",
  );
  assertThrows(() => registry.histogram("h", "H.", { buckets: [2] }), TypeError, "histogram 1 {}");
});

Deno.test("MetricRegistry throws when a name is malformed", () => {
  const registry = new MetricRegistry();
  assertThrows(() => registry.counter("c", "C."), TypeError, "_total");
  for (const name of ["", "1a", "a-b", "a b", 'a"', "a\n"]) {
    assertThrows(() => registry.gauge(name, "G."), TypeError, "no valid name");
  }
  for (const label of ["", "__a", "le", "quantile", "a-b", "1"]) {
    assertThrows(() => registry.gauge("g", "G.", { labels: [label] }), TypeError, "no valid label");
  }
});

Deno.test("MetricRegistry throws when buckets do not rise", () => {
  const registry = new MetricRegistry();
  for (const buckets of [[], [1, 1], [2, 1], [NaN], [1, Infinity]]) {
    assertThrows(() => registry.histogram("h", "H.", { buckets }), RangeError, "rising");
  }
});

Deno.test("Counter.add() and Histogram.observe() throw when the number is none to count", () => {
  const registry = new MetricRegistry();
  const counter = registry.counter("c_total", "C.").labels({});
  assertThrows(() => counter.add(-1), RangeError, "-1");
  assertThrows(() => counter.add(NaN), RangeError, "NaN");
  assertThrows(() => registry.histogram("h", "H.").labels({}).observe(NaN), RangeError);
  assertEquals(registry.snapshot()[0].series, [{ labels: {}, value: 0 }]);
});

Deno.test("MetricFamily.labels() throws when a label has no value", () => {
  const family = new MetricRegistry().gauge("g", "G.", { labels: ["a"] });
  const values = JSON.parse("{}");
  assertThrows(() => family.labels(values), TypeError, 'the label "a" has no value');
});

Deno.test("MetricRegistry counts together what exceeds maxSeries", () => {
  const registry = new MetricRegistry({ maxSeries: 2 });
  const family = registry.counter("c_total", "C.", { labels: ["path"] });
  for (const path of ["/1", "/2", "/3", "/4", "/1"]) family.labels({ path }).add();
  assertEquals(registry.snapshot()[0].series, [
    { labels: { path: "/1" }, value: 2 },
    { labels: { path: "/2" }, value: 1 },
    { labels: { path: "other" }, value: 2 },
  ]);
  assertThrows(() => new MetricRegistry({ maxSeries: 0 }), RangeError, "maxSeries 0");
});

Deno.test("MetricRegistry.onCollect() is called before each snapshot until it is taken back", () => {
  const registry = new MetricRegistry();
  const gauge = registry.gauge("g", "G.").labels({});
  const stop = registry.onCollect(() => gauge.add(1));
  assertEquals(registry.snapshot()[0].series, [{ labels: {}, value: 1 }]);
  stop();
  assertEquals(registry.snapshot()[0].series, [{ labels: {}, value: 1 }]);
});

Deno.test("Histogram.observe() counts as a naive count does", () => {
  const values = fc.array(fc.double({ noNaN: true, min: -1, max: 20 }));
  fc.assert(fc.property(values, (values) => {
    const registry = new MetricRegistry();
    const histogram = registry.histogram("h", "H.").labels({});
    for (const value of values) histogram.observe(value);
    const [{ cumulative, sum, count }] = histogramOf(registry).series;
    assertEquals(
      cumulative,
      DURATION_BUCKETS.map((bound) => values.filter((value) => value <= bound).length),
    );
    assertEquals([sum, count], [values.reduce((a, b) => a + b, 0), values.length]);
  }));
});
