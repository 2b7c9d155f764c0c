import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type FileAccess,
  fileDiscovery,
  type FileDiscoveryOptions,
  systemFileAccess,
} from "../../../loadbalancing/mod.ts";
import { FakeClock } from "../../../timeout/mod.ts";
import { Recorder } from "./_recorder.ts";

/** A file in memory; null where there is none. */
class FakeFile implements FileAccess {
  text: string | null = null;
  reads = 0;
  isWatchable = true;
  readonly listeners = new Set<() => void>();

  readText(path: string, maxBytes: number): Promise<string> {
    this.reads++;
    if (this.text === null) return Promise.reject(new Error(`No such file: ${path}`));
    return this.text.length > maxBytes
      ? Promise.reject(new Error("too large"))
      : Promise.resolve(this.text);
  }

  watch(_path: string, onEvent: () => void): () => void {
    if (!this.isWatchable) throw new Error("Cannot watch");
    this.listeners.add(onEvent);
    return () => void this.listeners.delete(onEvent);
  }

  write(text: string | null): void {
    this.text = text;
    for (const fn of this.listeners) fn();
  }
}

function world(options: FileDiscoveryOptions = {}, path = "/etc/app/backends.yaml") {
  const clock = new FakeClock();
  const file = new FakeFile();
  const recorder = new Recorder(fileDiscovery(path, { files: file, clock, ...options }));
  return { clock, file, recorder };
}

const one = "backends: [10.0.0.1:80]\n";
const two = "backends: [10.0.0.1:80, 10.0.0.2:80]\n";

Deno.test("fileDiscovery() takes a text that has not changed for settleMs", async () => {
  for (const settleMs of [100, 300]) {
    const { clock, file, recorder } = world({ settleMs });
    await using _ = recorder;
    file.text = one;
    recorder.feed.start();
    await clock.advanceAsync(settleMs - 1);
    assertEquals(recorder.ids, []);
    await clock.advanceAsync(1);
    assertEquals(recorder.ids, ["10.0.0.1:80"]);
  }
});

Deno.test("fileDiscovery() waits while a file is being written", async () => {
  const { clock, file, recorder } = world();
  await using _ = recorder;
  file.text = two;
  recorder.feed.start();
  await clock.advanceAsync(100);
  // Each part is a good file.
  let text = "backends:\n";
  for (const last of [3, 4, 5, 6, 7, 8]) {
    text += `  - 10.0.0.${last}:80\n`;
    file.write(text);
    await clock.advanceAsync(60);
  }
  await clock.advanceAsync(200);
  assertEquals(recorder.ids.length, 6);
  assertEquals(recorder.results().changed, 2);
});

Deno.test("fileDiscovery() reads again at an event, and after pollMs without one", async () => {
  for (const [isWatchable, pollMs] of [[true, 5_000], [false, 5_000], [false, 700]] as const) {
    const { clock, file, recorder } = world({ pollMs });
    await using _ = recorder;
    file.isWatchable = isWatchable;
    file.text = one;
    recorder.feed.start();
    await clock.advanceAsync(100);
    file.write(two);
    await clock.advanceAsync(isWatchable ? 200 : pollMs - 1);
    assertEquals(recorder.ids.length, isWatchable ? 2 : 1);
    await clock.advanceAsync(101);
    assertEquals(recorder.ids.length, 2);
  }
});

const troubles: [name: string, text: string | null, problem: string][] = [
  ["is gone", null, "No such file: /etc/app/backends.yaml"],
  ["is empty", "", "Cannot read the list of backends: it is empty"],
  ["is cut off", "backends: [10.0.0.1:8", "line break, it may be cut off"],
  ["is no YAML", "backends: [\n", "it is no YAML"],
  ["has no backends", "backends: []\n", "the list is empty"],
  ["has a bad backend", "backends: [10.0.0.1:99999]\n", "the port is not from 1 to 65535"],
];
for (const [name, text, problem] of troubles) {
  Deno.test(`fileDiscovery() keeps the last good list when the file ${name}`, async () => {
    const { clock, file, recorder } = world();
    await using _ = recorder;
    file.text = two;
    recorder.feed.start();
    await clock.advanceAsync(100);
    file.write(text);
    await clock.advanceAsync(20_000);
    assertEquals(recorder.ids.length, 2);
    const warnings = recorder.lines.filter((line) => line.startsWith("warn"));
    assertEquals(warnings.length, 1);
    assertEquals(warnings[0].includes(problem), true, warnings[0]);
    assertEquals(recorder.gauge("stale"), 1);
    file.write(two);
    await clock.advanceAsync(300);
    assertEquals(recorder.lines.at(-1), "info discovery works again");
    assertEquals(recorder.gauge("stale"), 0);
  });
}

Deno.test("fileDiscovery() takes the format from the name unless it is told", async () => {
  const json = JSON.stringify({ backends: ["10.0.0.1:80"] });
  for (
    const [path, options, text] of [
      ["b.json", {}, json],
      ["b.JSON", {}, json],
      ["b.yml", {}, one],
      ["b", { format: "json" }, json],
      ["b.json", { format: "yaml" }, one],
    ] as const
  ) {
    const { clock, file, recorder } = world(options, path);
    await using _ = recorder;
    file.text = text;
    recorder.feed.start();
    await clock.advanceAsync(100);
    assertEquals(recorder.ids, ["10.0.0.1:80"]);
  }
});

Deno.test("fileDiscovery() refuses a file of more than maxBytes", async () => {
  const { clock, file, recorder } = world({ maxBytes: 10 });
  await using _ = recorder;
  file.text = one;
  recorder.feed.start();
  await clock.advanceAsync(100);
  assertEquals(recorder.feed.snapshot().problem, "too large");
});

Deno.test("fileDiscovery() does not read without end in a folder that is busy", async () => {
  const { clock, file, recorder } = world();
  await using _ = recorder;
  file.text = one;
  recorder.feed.start();
  await clock.advanceAsync(1_000);
  const before = file.reads;
  for (let n = 0; n < 200; n++) {
    file.write(one);
    await clock.advanceAsync(5);
  }
  assertEquals(file.reads - before <= 11, true, `${file.reads - before} reads`);
});

Deno.test("fileDiscovery() reads once for an event, and then waits for pollMs", async () => {
  const { clock, file, recorder } = world({ pollMs: 60_000 });
  await using _ = recorder;
  file.text = one;
  recorder.feed.start();
  await clock.advanceAsync(1_000);
  file.write(one);
  await clock.advanceAsync(1_000);
  const { reads } = file;
  await clock.advanceAsync(50_000);
  assertEquals(file.reads, reads);
});

Deno.test("fileDiscovery() leaves nothing behind when it stops", async () => {
  const { clock, file, recorder } = world();
  file.text = one;
  recorder.feed.start();
  await clock.advanceAsync(50);
  await recorder.feed.stop();
  assertEquals([clock.timerCount, file.listeners.size, recorder.ids.length], [0, 0, 0]);
});

Deno.test("fileDiscovery() ends when it is stopped by who hears of its backends", async () => {
  const { clock, file, recorder } = world();
  file.text = one;
  const stopped = new Promise<void>((resolve) => {
    recorder.set.onChange(() => resolve(recorder.feed.stop()));
  });
  recorder.feed.start();
  await clock.advanceAsync(100);
  await stopped;
  assertEquals(clock.timerCount, 0);
});

Deno.test("fileDiscovery() refuses a path and options that make no sense", () => {
  assertThrows(() => fileDiscovery(""), TypeError, "the path is empty");
  const toml = JSON.parse('{"format":"toml"}');
  assertThrows(() => fileDiscovery("a.toml", toml), TypeError, 'the format "toml" is unknown');
  for (const options of [{ pollMs: 0 }, { settleMs: NaN }, { maxBytes: -1 }]) {
    assertThrows(() => fileDiscovery("a.yaml", options), RangeError, "not a number above 0");
  }
});

Deno.test("fileDiscovery() sees a real file written, replaced, cut off, removed and back", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/backends.json`;
  const text = (...backends: string[]) => JSON.stringify({ backends });
  try {
    // So slow a poll that only events can be the cause.
    const discovery = fileDiscovery(path, { settleMs: 20, pollMs: 60_000 });
    await using recorder = new Recorder(discovery);
    recorder.feed.start();
    await recorder.says("warn discovery failed, it has found nothing yet", 0);
    await Deno.writeTextFile(path, text("10.0.0.1:80"));
    await recorder.holds("10.0.0.1:80");

    await Deno.writeTextFile(`${folder}/next`, text("10.0.0.2:80"));
    await Deno.rename(`${folder}/next`, path);
    await recorder.holds("10.0.0.2:80");

    let says = recorder.says(
      "warn discovery failed, the last good backends stay Cannot read the list",
    );
    await Deno.truncate(path, 10);
    await says;
    says = recorder.says("warn discovery failed, the last good backends stay No such file");
    await Deno.remove(path);
    await says;
    assertEquals(recorder.ids, ["10.0.0.2:80"]);
    await Deno.writeTextFile(path, text("10.0.0.3:80"));
    await recorder.holds("10.0.0.3:80");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

const noFiles: Record<string, (path: string) => Promise<unknown>> = {
  "a folder": (path) => Deno.mkdir(path),
  "a named pipe": (path) => new Deno.Command("mkfifo", { args: [path] }).output(),
  "a device without end": (path) => Deno.symlink("/dev/zero", path),
};
for (const [what, make] of Object.entries(noFiles)) {
  Deno.test(`systemFileAccess refuses to read ${what}`, async () => {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/backends.yaml`;
    await make(path);
    await assertRejects(() => systemFileAccess.readText(path, 10), Error, "it is no file");
    await Deno.remove(folder, { recursive: true });
  });
}

Deno.test("fileDiscovery() follows links that are swapped, as Kubernetes does", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const link = async (name: string) => {
      await Deno.symlink(`${folder}/${name}`, `${folder}/..tmp`);
      await Deno.rename(`${folder}/..tmp`, `${folder}/..data`);
    };
    for (const [name, text] of [["v1", one], ["v2", two]]) {
      await Deno.mkdir(`${folder}/${name}`);
      await Deno.writeTextFile(`${folder}/${name}/backends.yaml`, text);
    }
    await link("v1");
    await Deno.symlink(`${folder}/..data/backends.yaml`, `${folder}/backends.yaml`);
    const discovery = fileDiscovery(`${folder}/backends.yaml`, { settleMs: 20, pollMs: 60_000 });
    await using recorder = new Recorder(discovery);
    recorder.feed.start();
    await recorder.holds("10.0.0.1:80");
    await link("v2");
    await recorder.holds("10.0.0.1:80", "10.0.0.2:80");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
