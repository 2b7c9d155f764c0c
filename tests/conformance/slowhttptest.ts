/**
 * How long slow clients hold their connections, and what others notice of it: slowhttptest (Debian package
 * of that name) against a listener with default limits. It takes some minutes and is no part of CI:
 *
 *     deno run -A tests/conformance/slowhttptest.ts
 *
 * @module
 */

import { listen, reply } from "../../core/mod.ts";
import { findProgram } from "../support/needs.ts";
import { rawClient } from "../support/raw.ts";

/** Connections that attack at the same time. */
const CONNECTIONS = 1_000;
/** When slowhttptest gives up: longer than any client may hold a connection. */
const LONGEST_S = 120;

const attacks: Readonly<Record<string, readonly string[]>> = {
  "slow headers (-H)": ["-H", "-i", "5", "-x", "24"],
  "slow body (-B)": ["-B", "-i", "5", "-s", "8192", "-x", "10"],
  "slow read (-X)": ["-X", "-w", "512", "-y", "1024", "-n", "5", "-z", "32", "-k", "3"],
};

/** Connections of a port that a client has not ended, by the system's own list. */
async function openConnections(port: number): Promise<number> {
  const hex = port.toString(16).toUpperCase().padStart(4, "0");
  const lines = (await Deno.readTextFile("/proc/net/tcp")).split("\n");
  // The local end, established.
  return lines.filter((line) => new RegExp(`^ *\\d+: [0-9A-F]+:${hex} \\S+ 01 `).test(line)).length;
}

async function attack(program: string, flags: readonly string[]): Promise<string> {
  const page = new Uint8Array(1_000_000);
  await using listener = await listen(
    { address: "127.0.0.1:0", engine: "wire" },
    async ({ body }) => {
      while (body !== null && await body.read() !== null);
      return reply(200, page);
    },
  );
  const port = listener.address.transport === "tcp" ? listener.address.port : 0;
  const args = ["-c", `${CONNECTIONS}`, "-r", "500", "-l", `${LONGEST_S}`, "-p", "3", ...flags];
  const child = new Deno.Command(program, {
    args: [...args, "-u", `http://127.0.0.1:${port}/`],
    stdout: "null",
    stderr: "null",
  }).spawn();
  const start = performance.now();
  let isRunning = true;
  const ended = child.status.then(() => isRunning = false);
  let peak = 0;
  let slowest = 0;
  let requests = 0;
  let goneAfter = Infinity;
  while (isRunning) {
    const began = performance.now();
    using client = await rawClient(port);
    await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const received = await client.readToEnd();
    if (!received.startsWith("HTTP/1.1 200 ")) throw new Error("Another client was not served");
    requests++;
    slowest = Math.max(slowest, performance.now() - began);
    client.close();
    const open = await openConnections(port);
    if (open > peak) peak = open;
    // What the other client leaves may still be there.
    if (open <= 1 && peak > CONNECTIONS / 2) {
      goneAfter = Math.min(goneAfter, performance.now() - start);
    } else if (open > 1) goneAfter = Infinity;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  await ended;
  // It ends when the last of its connections has been closed.
  if (await openConnections(port) === 0) goneAfter = Math.min(goneAfter, performance.now() - start);
  const seconds = goneAfter === Infinity ? "not" : `after ${Math.round(goneAfter / 100) / 10} s`;
  return `${peak} connections at once, all gone ${seconds}; ` +
    `meanwhile ${requests} requests of another client, the slowest ${Math.round(slowest)} ms`;
}

const program = findProgram("slowhttptest");
if (program === null) throw new Error("Cannot run: slowhttptest is not installed");
for (const [name, flags] of Object.entries(attacks)) {
  console.log(`${name}: ${await attack(program, flags)}`);
}
