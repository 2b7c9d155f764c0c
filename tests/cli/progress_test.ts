import { assertEquals } from "@std/assert";
import { bodyFrom, readAll } from "../../core/mod.ts";
import { FakeClock } from "../../timeout/mod.ts";
import { formatBytes, Progress, ProgressBody } from "../../cli/client/progress.ts";
import { TextOutput } from "./_test_io.ts";

function progress(total: number | undefined) {
  const clock = new FakeClock();
  const output = new TextOutput(true);
  return { clock, output, progress: new Progress({ output, verb: "received", total, clock }) };
}

Deno.test("Progress shows nothing when the transfer is short", async () => {
  const { clock, output, progress: shown } = progress(100);
  clock.advance(999);
  await shown.add(100);
  await shown.clear();
  assertEquals(output.text, "");
});

Deno.test("Progress draws share, speed and rest when the length is known", async () => {
  const { clock, output, progress: shown } = progress(4_000_000);
  clock.advance(1_000);
  await shown.add(1_000_000);
  assertEquals(output.text, "\r25% of 4.0 MB received, 1.0 MB/s, 3 s left\x1b[K");
});

Deno.test("Progress draws count and speed when the length is not known", async () => {
  const { clock, output, progress: shown } = progress(undefined);
  clock.advance(2_000);
  await shown.add(3_000_000);
  assertEquals(output.text, "\r3.0 MB received, 1.5 MB/s\x1b[K");
});

Deno.test("Progress draws at most every 200 ms, and takes its line away", async () => {
  const { clock, output, progress: shown } = progress(undefined);
  clock.advance(1_000);
  await shown.add(1);
  await shown.add(1);
  clock.advance(199);
  await shown.add(1);
  assertEquals(output.text.split("\r").length, 2);
  clock.advance(1);
  await shown.add(1);
  assertEquals(output.text.split("\r").length, 3);
  await shown.clear();
  assertEquals(output.text.endsWith("\r\x1b[K"), true);
});

Deno.test("ProgressBody passes the content on and keeps its length", async () => {
  const { output, progress: shown } = progress(5);
  const body = new ProgressBody(bodyFrom("hello"), shown);
  assertEquals(body.length, 5);
  assertEquals(new TextDecoder().decode(await readAll(body)), "hello");
  assertEquals(output.text, "");
});

const sizes: [number, string][] = [
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [999_949, "999.9 kB"],
  [999_999, "1.0 MB"],
  [1_234_567_890, "1.2 GB"],
  [5e15, "5000.0 TB"],
];
for (const [bytes, want] of sizes) {
  Deno.test(`formatBytes() writes ${bytes} as ${want}`, () => {
    assertEquals(formatBytes(bytes), want);
  });
}
