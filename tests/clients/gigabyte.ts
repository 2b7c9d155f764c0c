/**
 * Sends a gigabyte down and up through the proxy with curl and tells how fast that is, and how much memory
 * the proxy has meanwhile: `deno run -A tests/clients/gigabyte.ts`. Linux, curl; no part of the tests.
 *
 * @module
 */
import { curl } from "../examples/_curl.ts";

const TOTAL = 1_000_000_000;
const PIECE = new Uint8Array(65_536);
/** The memory is looked at whenever so much has passed. */
const STEP = 50_000_000;

interface Proxy extends AsyncDisposable {
  readonly pid: number;
  readonly url: string;
}

async function startProxy(...args: string[]): Promise<Proxy> {
  const script = new URL("gigabyte_proxy.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, ...args],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error("Cannot start the proxy: it ended");
    text += value;
  }
  return {
    pid: child.pid,
    url: text.trim(),
    async [Symbol.asyncDispose]() {
      await reader.cancel();
      child.kill("SIGKILL");
      await child.status;
    },
  };
}

/** The memory of a process in MB. */
function residentMegabytes(pid: number): number {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s*(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** The CPU time of a process in seconds: user and system, in ticks of 10 ms. */
function cpuSeconds(pid: number): number {
  const fields = Deno.readTextFileSync(`/proc/${pid}/stat`).split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

// What the running transfer has cost so far.
let pid = 0;
let seen: number[] = [];
let passed = 0;

function count(bytes: number): void {
  if (Math.floor((passed + bytes) / STEP) > Math.floor(passed / STEP)) {
    seen.push(residentMegabytes(pid));
  }
  passed += bytes;
}

await using upstream = Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen() {} },
  async (request) => {
    if (request.method === "GET") {
      const body = new ReadableStream({
        pull(controller) {
          if (passed >= TOTAL) return controller.close();
          const piece = PIECE.subarray(0, Math.min(PIECE.byteLength, TOTAL - passed));
          controller.enqueue(piece);
          count(piece.byteLength);
        },
      });
      return new Response(body, { headers: { "content-length": `${TOTAL}` } });
    }
    for await (const chunk of request.body ?? []) count(chunk.byteLength);
    return new Response(`${passed}`);
  },
);

async function transfer(name: string, proxy: Proxy, args: readonly string[]): Promise<void> {
  seen = [];
  passed = 0;
  pid = proxy.pid;
  const before = residentMegabytes(pid);
  const cpuBefore = cpuSeconds(pid);
  const start = performance.now();
  const output = await curl("-k", "-f", "--max-time", "300", "-o", "/dev/null", ...args);
  const seconds = (performance.now() - start) / 1000;
  if (output.code !== 0 || passed !== TOTAL) {
    throw new Error(`${name}: exit code ${output.code}, ${passed} bytes\n${output.stderr}`);
  }
  const cpu = cpuSeconds(pid) - cpuBefore;
  const megabytes = (value: number) => `${value.toFixed(0)} MB`.padStart(7);
  console.log(
    `${name.padEnd(28)} ${(TOTAL / 1e6 / seconds).toFixed(0).padStart(5)} MB/s  ` +
      `${cpu.toFixed(2).padStart(5)} s CPU  RSS before ${megabytes(before)}, ` +
      `at a tenth ${megabytes(seen[1])}, in the middle ${megabytes(seen[9])}, ` +
      `at the end ${megabytes(seen[19])}, most ${megabytes(Math.max(...seen))}`,
  );
}

const path = await Deno.makeTempFile();
try {
  // A sparse file: no byte of it lies on the disk.
  await Deno.truncate(path, TOTAL);
  for (const ground of ["wire", "platform"]) {
    for (const scheme of ["http", "https"]) {
      await using proxy = await startProxy(`127.0.0.1:${upstream.addr.port}`, ground, scheme);
      const version = "--http1.1";
      await transfer(`${ground} ${scheme} download`, proxy, [version, `${proxy.url}/`]);
      await transfer(`${ground} ${scheme} upload`, proxy, [version, "-T", path, `${proxy.url}/up`]);
      if (scheme === "http") continue;
      await transfer(`${ground} h2 download`, proxy, ["--http2", `${proxy.url}/`]);
      await transfer(`${ground} h2 upload`, proxy, ["--http2", "-T", path, `${proxy.url}/up`]);
    }
  }
} finally {
  await Deno.remove(path);
}
