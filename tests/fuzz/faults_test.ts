import { assert, assertEquals } from "@std/assert";
import { BufferWatch } from "./_buffer_watch.ts";
import { type Opened, type Scenario, scenarios } from "./_fault_scenarios.ts";
import type { DuplexCall, Fault } from "./_memory_duplex.ts";
import { type MemoryServer, serveInMemory } from "./_memory_server.ts";

/** Where and how a course of events is disturbed. */
interface Disturbance {
  readonly at: number;
  readonly fault: Fault | "cut" | "drain" | null;
  /** How many bytes each read and write takes. */
  readonly bytesPerCall: number;
}

const limits = { tunnelTimeoutMs: 60_000 };
/** No client holds a connection for longer without a request that goes on. */
const LONGEST_MS = 76_000;

async function play(
  { sends, handler }: Scenario,
  { at, fault, bytesPerCall }: Disturbance,
): Promise<{ server: MemoryServer; opened: Opened[] }> {
  const opened: Opened[] = [];
  let handlers = 0;
  let releases = 0;
  const onCall = (number: number, _: DuplexCall): Fault | undefined => {
    if (number !== at || fault === null) return undefined;
    if (fault === "cut") server.connection.close();
    else if (fault === "drain") server.connection.drain();
    else return fault;
  };
  const server: MemoryServer = serveInMemory(async (exchange) => {
    handlers++;
    try {
      const answer = await handler(exchange, opened);
      handlers--;
      releases++;
      return { ...answer, release: () => void releases-- };
    } catch (error) {
      handlers--;
      throw error;
    }
  }, { maxRead: bytesPerCall, maxWrite: bytesPerCall, limits, fault: onCall });
  for (const bytes of sends) {
    server.client.send(bytes);
    await quiet(server);
  }
  server.client.end();
  for (let passed = 0; passed < LONGEST_MS && !server.hasEnded; passed += 1_000) {
    await quiet(server);
    server.clock.advance(1_000);
  }
  await quiet(server);
  assert(server.hasEnded, "the connection has ended");
  assertEquals([handlers, releases], [0, 0], "every handler has ended, every reply was released");
  return { server, opened };
}

/** Waits until nothing happens any more without time passing. */
async function quiet(server: MemoryServer): Promise<void> {
  for (let calls = -1; calls !== server.client.calls;) {
    calls = server.client.calls;
    for (let turn = 0; turn < 60; turn++) await null;
  }
}

function checkNothingLeft(server: MemoryServer, opened: readonly Opened[]): void {
  assertEquals(server.begun, server.ends.length, "every exchange has ended, once");
  assertEquals(server.wheel.armedCount, 0, "no timer is armed");
  assertEquals(server.clock.timerCount, 0, "the wheel sleeps");
  assert(server.client.isClosed, "the connection is closed");
  for (const { name, isDone } of opened) assert(isDone(), `${name} is done with`);
}

const FAULTS = ["reset", "vanish", "half-close", "stall", "cut", "drain"] as const;

for (const scenario of scenarios) {
  Deno.test(`nothing is left when something fails at any call: ${scenario.name}`, async () => {
    const watch = new BufferWatch();
    for (const bytesPerCall of [Infinity, 1]) {
      const { server, opened } = await play(scenario, { at: -1, fault: null, bytesPerCall });
      checkNothingLeft(server, opened);
      assertEquals(server.ends.map(({ status }) => status), scenario.statuses);
      const kept = scenario.keepsChunk ? 1 : 0;
      assert(watch.missing() <= kept, "every buffer came back");
      const { calls } = server.client;
      // With a byte a call there are thousands of calls, most of them alike.
      const step = Math.ceil(calls / 60);
      for (const fault of FAULTS) {
        if (fault === "stall" && scenario.isPatient) continue;
        for (let at = 0; at < calls; at += step) {
          watch.reset();
          try {
            const { server, opened } = await play(scenario, { at, fault, bytesPerCall });
            checkNothingLeft(server, opened);
            // A read that was given up keeps its buffer.
            assert(watch.missing() <= (fault === "stall" ? 1 : kept), "every buffer came back");
          } catch (cause) {
            const where = `${fault} at call ${at} of ${calls}, ${bytesPerCall} bytes a call`;
            throw new Error(`Something is left: ${where}`, { cause });
          }
        }
      }
    }
  });
}
