import process from "node:process";
import { findProgram } from "../../tests/support/needs.ts";
import {
  CancelSource,
  type Duplex,
  fetchTransport,
  http1Transport,
  peer,
  RequestParser,
  type Transport,
  WireRequestHead,
} from "../mod.ts";

// What an exchange with an nginx on this machine costs, 32 at a time, as a proxy makes it: a received head
// is sent on. `deno bench` measures the time; run as a program it prints the processor time of an exchange,
// which does not depend on what else the machine does:
//
//     deno run -A core/transport/http1_transport_bench.ts [seconds]

const AT_A_TIME = 32;
const SIZES = { "130 B": 130, "10 KB": 10_000, "100 KB": 100_000, "1 MB": 1_000_000 };

const nginx = findProgram("nginx");
const folder = Deno.makeTempDirSync();
const port = freePort();
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function startNginx(program: string): Promise<void> {
  for (const size of Object.values(SIZES)) {
    Deno.writeFileSync(`${folder}/${size}`, new Uint8Array(size).fill(120));
  }
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  Deno.writeTextFileSync(
    `${folder}/nginx.conf`,
    `${Deno.uid() === 0 ? "user root;" : ""} daemon off; worker_processes 1; pid ${folder}/pid;
     error_log stderr error; events { worker_connections 1024; }
     http { access_log off; ${temporary} keepalive_requests 1000000000; keepalive_timeout 1h;
       open_file_cache max=10; server { listen 127.0.0.1:${port}; root ${folder}; } }`,
  );
  const child = new Deno.Command(program, {
    args: ["-e", "stderr", "-p", folder, "-c", `${folder}/nginx.conf`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  addEventListener("unload", () => {
    child.kill();
    Deno.removeSync(folder, { recursive: true });
  });
  for (;;) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

const out = new Uint8Array(65_536);
const to = peer(`127.0.0.1:${port}`);

function requestBytes(size: number): Uint8Array {
  return new TextEncoder().encode([
    `GET /${size} HTTP/1.1`,
    "Host: app.example",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "Accept: */*",
    "X-Forwarded-For: 192.0.2.1",
    "Via: 1.1 pingo",
    "\r\n",
  ].join("\r\n"));
}

function received(size: number): WireRequestHead {
  const bytes = requestBytes(size);
  const head = new WireRequestHead();
  new RequestParser().parse(bytes, 0, bytes.byteLength, head);
  return head;
}

async function exchange(transport: Transport, head: WireRequestHead): Promise<void> {
  const reply = await transport.exchange(head, null, {
    peer: to,
    cancel: new CancelSource(),
    connectTimeoutMs: 5_000,
    headTimeoutMs: 60_000,
    bodyTimeoutMs: 30_000,
  });
  const { body } = reply;
  if (body !== null && (body.readInto?.(out, 0) ?? -1) < 0) {
    while (await body.read() !== null);
  }
  reply.release?.();
}

/** The least that it can cost: bytes that nobody looks at, over connections that are there. */
async function relay(conn: Duplex, bytes: Uint8Array, size: number): Promise<void> {
  await conn.write(bytes);
  for (let count = 0; count < size;) count += await conn.read(out) ?? size;
}

function batch(once: (i: number) => Promise<void>): Promise<void[]> {
  return Promise.all(Array.from({ length: AT_A_TIME }, (_, i) => once(i)));
}

const transports: Record<string, Transport> = {
  http1Transport: http1Transport({ maxIdlePerPeer: AT_A_TIME }),
  fetchTransport: fetchTransport({ maxIdlePerPeer: AT_A_TIME }),
};
/** Processor time of an exchange in microseconds, and exchanges a second. */
async function measure(once: (i: number) => Promise<void>, seconds: number): Promise<string> {
  let count = 0;
  let isOver = false;
  const loop = async (i: number) => {
    for (; !isOver; count++) await once(i);
  };
  const loops = Array.from({ length: AT_A_TIME }, (_, i) => loop(i));
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  await pause(1_000);
  const from = { count, cpu: process.cpuUsage(), at: performance.now() };
  await pause(seconds * 1_000);
  const { user, system } = process.cpuUsage(from.cpu);
  const made = count - from.count;
  const perSecond = made * 1_000 / (performance.now() - from.at);
  isOver = true;
  await Promise.all(loops);
  return `${((user + system) / made).toFixed(1)} µs, ${perSecond.toFixed(0)}/s`;
}

/** Prints what exchanges cost. */
async function print(conns: readonly Duplex[]): Promise<void> {
  const seconds = Number(Deno.args[0] ?? 3);
  for (const [name, size] of Object.entries(SIZES)) {
    const head = received(size);
    const bytes = requestBytes(size);
    console.log(name);
    const bare = await measure((i) => relay(conns[i], bytes, size), seconds);
    console.log(`  bytes alone     ${bare}`);
    for (const [name, transport] of Object.entries(transports)) {
      console.log(`  ${name}  ${await measure(() => exchange(transport, head), seconds)}`);
    }
  }
}

/** Adds the benches. */
function define(conns: readonly Duplex[]): void {
  for (const [name, size] of Object.entries(SIZES)) {
    const group = `${AT_A_TIME} exchanges, ${name}`;
    const head = received(size);
    const bytes = requestBytes(size);
    Deno.bench("bytes alone", { group, baseline: true }, async () => {
      await batch((i) => relay(conns[i], bytes, size));
    });
    for (const [name, transport] of Object.entries(transports)) {
      Deno.bench(name, { group }, async () => {
        await batch(() => exchange(transport, head));
      });
    }
  }
}

if (nginx === null) console.log("Skipped: nginx is not installed");
else {
  await startNginx(nginx);
  const opening = Array.from({ length: AT_A_TIME }, () => {
    return Deno.connect({ hostname: "127.0.0.1", port });
  });
  const conns = await Promise.all(opening);
  if (import.meta.main) {
    await print(conns);
    Deno.exit();
  }
  define(conns);
}
