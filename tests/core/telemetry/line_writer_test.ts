import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type ByteSink, LineWriter, type LineWriterOptions } from "../../../core/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";

/** A sink that takes everything at once, or waits for `release`. */
class TestSink implements ByteSink {
  readonly chunks: string[] = [];
  readonly #decoder = new TextDecoder();
  #gate: PromiseWithResolvers<void> | null = null;

  get text(): string {
    return this.chunks.join("");
  }

  hold(): void {
    this.#gate = Promise.withResolvers();
  }

  release(): void {
    this.#gate?.resolve();
    this.#gate = null;
  }

  async write(bytes: Uint8Array): Promise<number> {
    const kept = bytes.slice();
    if (this.#gate !== null) await this.#gate.promise;
    this.chunks.push(this.#decoder.decode(kept));
    return kept.byteLength;
  }
}

function setup(options: LineWriterOptions = {}) {
  const sink = new TestSink();
  const clock = new FakeClock();
  const writer = new LineWriter(sink, { clock, flushIntervalMs: 50, ...options });
  return { sink, clock, writer };
}

Deno.test("LineWriter.write() collects lines until the interval is over", async () => {
  const { sink, clock, writer } = setup();
  writer.write("a");
  writer.write("b");
  await clock.advanceAsync(49);
  assertEquals(sink.chunks, []);
  await clock.advanceAsync(1);
  assertEquals(sink.chunks, ["a\nb\n"]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("LineWriter.write() does not wait when the chunk is full", async () => {
  const { sink, clock, writer } = setup({ chunkBytes: 4 });
  writer.write("a");
  writer.write("b");
  await clock.advanceAsync(0);
  assertEquals(sink.chunks, ["a\nb\n"]);
  assertEquals(clock.timerCount, 0);
});

Deno.test("LineWriter.write() does not wait when the interval is 0", async () => {
  const { sink, clock, writer } = setup({ flushIntervalMs: 0 });
  writer.write("a");
  await clock.advanceAsync(0);
  assertEquals(sink.chunks, ["a\n"]);
});

Deno.test("LineWriter sets no timer while nothing is buffered", async () => {
  const { clock, writer } = setup();
  await writer.flush();
  assertEquals(clock.timerCount, 0);
});

Deno.test("LineWriter.flush() resolves when the sink has what was written, also during a write", async () => {
  const { sink, writer } = setup();
  sink.hold();
  writer.write("a");
  const first = writer.flush();
  await Promise.resolve();
  await Promise.resolve();
  writer.write("b");
  const second = writer.flush();
  sink.release();
  await Promise.all([first, second]);
  assertEquals(sink.chunks, ["a\n", "b\n"]);
});

Deno.test("LineWriter drops and counts lines when the sink is slow, and goes on after it", async () => {
  const { sink, clock, writer } = setup({ flushIntervalMs: 0, maxBufferedBytes: 6 });
  sink.hold();
  writer.write("a");
  await clock.advanceAsync(0);
  writer.write("b");
  writer.write("c");
  writer.write("d");
  writer.write("e");
  assertEquals(writer.droppedLines, 2);
  sink.release();
  await writer.flush();
  writer.write("f");
  await writer.flush();
  assertEquals(sink.text, "a\nb\nc\nf\n");
});

Deno.test("LineWriter counts the lines of a write that fails, tells the error and goes on", async () => {
  const errors: unknown[] = [];
  const written: number[] = [];
  const failure = new Error("disk full");
  for (
    const fail of [() => Promise.reject(failure), () => {
      throw failure;
    }]
  ) {
    let fails = true;
    const sink: ByteSink = {
      write(bytes) {
        if (fails) return fail();
        written.push(bytes.byteLength);
        return bytes.byteLength;
      },
    };
    const writer = new LineWriter(sink, { clock: new FakeClock(), onError: (e) => errors.push(e) });
    writer.write("a");
    writer.write("b");
    await writer.flush();
    assertEquals(writer.droppedLines, 2);
    fails = false;
    writer.write("c");
    await writer.flush();
    assertEquals(writer.droppedLines, 2);
  }
  assertEquals(errors, [failure, failure]);
  assertEquals(written, [2, 2]);
});

Deno.test("LineWriter gives up a write when the sink takes nothing", async () => {
  const errors: unknown[] = [];
  const options = { clock: new FakeClock(), onError: (error: unknown) => errors.push(error) };
  const writer = new LineWriter({ write: () => 0 }, options);
  writer.write("a");
  await writer.flush();
  assertEquals(writer.droppedLines, 1);
  assertEquals(errors.length, 1);
});

Deno.test("LineWriter disposed writes the rest, clears its timer and drops what comes later", async () => {
  const { sink, clock, writer } = setup();
  writer.write("a");
  await writer[Symbol.asyncDispose]();
  await writer[Symbol.asyncDispose]();
  writer.write("b");
  assertEquals(sink.text, "a\n");
  assertEquals(writer.droppedLines, 1);
  assertEquals(clock.timerCount, 0);
});

Deno.test("LineWriter disposed gives up after closeTimeoutMs when the sink hangs", async () => {
  const { sink, clock, writer } = setup({ flushIntervalMs: 0, closeTimeoutMs: 1000 });
  sink.hold();
  writer.write("a");
  await clock.advanceAsync(0);
  writer.write("b");
  const closing = writer[Symbol.asyncDispose]();
  await clock.advanceAsync(1000);
  await closing;
  assertEquals(writer.droppedLines, 2);
  assertEquals(clock.timerCount, 0);
  sink.release();
  await clock.advanceAsync(0);
});

Deno.test("LineWriter writes all bytes in order whatever the sink takes at a time", async () => {
  const line = fc.string({ unit: "grapheme", maxLength: 40 }).map((text) =>
    text.replace(/\n/g, "")
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(line, { maxLength: 30 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 7 })),
      async (lines, sizes) => {
        const taken: number[] = [];
        const sink: ByteSink = {
          write(bytes) {
            const size = Math.min(bytes.byteLength, sizes.next().value ?? 1);
            taken.push(...bytes.subarray(0, size));
            return size;
          },
        };
        const writer = new LineWriter(sink, { clock: new FakeClock(), chunkBytes: 16 });
        for (const [i, each] of lines.entries()) {
          writer.write(each);
          if (i % 5 === 4) await Promise.resolve();
        }
        await writer[Symbol.asyncDispose]();
        assertEquals(writer.droppedLines, 0);
        const text = new TextDecoder().decode(new Uint8Array(taken));
        // A lone surrogate becomes U+FFFD on its way to bytes.
        assertEquals(text, lines.map((each) => `${each.toWellFormed()}\n`).join(""));
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("LineWriter writes into a file and leaves it open", async () => {
  const path = await Deno.makeTempFile();
  try {
    using file = await Deno.open(path, { write: true });
    {
      await using writer = new LineWriter(file);
      for (let i = 0; i < 10_000; i++) writer.write(`line ${i}`);
    }
    await file.sync();
    const lines = (await Deno.readTextFile(path)).split("\n");
    assertEquals(lines.length, 10_001);
    assertEquals(lines[9_999], "line 9999");
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("new LineWriter() throws when a number is out of range", () => {
  const cases: LineWriterOptions[] = [
    { flushIntervalMs: -1 },
    { chunkBytes: 0 },
    { maxBufferedBytes: NaN },
    { closeTimeoutMs: Infinity },
  ];
  for (const options of cases) {
    assertThrows(() => new LineWriter(new TestSink(), options), RangeError, "Cannot make");
  }
});
