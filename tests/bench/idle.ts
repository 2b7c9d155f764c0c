import { setTimeout as delay } from "node:timers/promises";
import { IdleConnection, type IdleRequest } from "./load/idle_connection.ts";
import type { Scheme } from "./load_case.ts";
import { memoryOf } from "./process/process_tree.ts";
import type { ProxyProcess } from "./proxy_process.ts";

/** What idle connections cost a proxy. */
export interface IdleSample {
  readonly target: string;
  readonly scheme: Scheme;
  /** How many there were. */
  readonly connections: number;
  /** Resident memory without them, after a warm-up. */
  readonly baseBytes: number;
  /** Resident memory with them. */
  readonly heldBytes: number;
  /** What makes the sample invalid; empty where nothing does. */
  readonly faults: readonly string[];
}

/** Options of {@linkcode measureIdle}. */
export interface MeasureIdleOptions {
  readonly proxy: ProxyProcess;
  /** How many connections. */
  readonly count: number;
  readonly request: IdleRequest;
  readonly signal: AbortSignal;
}

/** How many requests are on their way at the same time: the proxy needs no more connections to the upstream. */
const AT_ONCE = 32;
const POLL_MS = 500;
/**
 * So long memory has to stay the same: a process that has nothing to do collects its garbage by and by, V8 begins with
 * it after some ten seconds.
 */
const QUIET_MS = 25_000;
const MAX_SETTLING_MS = 90_000;

/**
 * Holds connections that made one request each and are idle since. The proxy must be fresh: the room that an earlier
 * load left in its heap would hide what the connections take.
 */
export async function measureIdle(options: MeasureIdleOptions): Promise<IdleSample> {
  const { proxy: { pid, scheme, target }, count, request, signal } = options;
  using held = new DisposableStack();
  // What waits for an answer then gets none.
  const stop = () => held.dispose();
  signal.addEventListener("abort", stop, { once: true });
  try {
    // As many requests as later, but over few connections: what requests leave behind is part of the base then.
    const few = await openAll(AT_ONCE, { held, request, signal });
    await Promise.all(few.map(async (connection) => {
      for (let asked = 0; asked < count / AT_ONCE; asked++) await connection.ask();
    }));
    const baseBytes = await settledMemory(pid, signal);
    const all = await openAll(count, { held, request, signal });
    const heldBytes = await settledMemory(pid, signal);

    let lost = 0;
    for (const connection of all) await connection.ask().catch(() => lost++);
    signal.throwIfAborted();
    const faults = lost === 0 ? [] : [`${lost} of ${count} connections did not stay open`];
    return { target: target.name, scheme, connections: count, baseBytes, heldBytes, faults };
  } catch (error) {
    signal.throwIfAborted();
    options.proxy.assertRunning();
    const state = error instanceof Error ? error.message : error;
    throw new Error(`Cannot measure idle connections of ${target.name}: ${state}`, {
      cause: error,
    });
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/** Opens connections, a few at a time, and makes the first request on each. */
async function openAll(
  count: number,
  { held, request, signal }: Pick<MeasureIdleOptions, "request" | "signal"> & {
    /** Closes them in the end. */
    readonly held: DisposableStack;
  },
): Promise<IdleConnection[]> {
  const all: IdleConnection[] = [];
  while (all.length < count) {
    const length = Math.min(AT_ONCE, count - all.length);
    all.push(
      ...await Promise.all(Array.from({ length }, async () => {
        const connection = await IdleConnection.open(request);
        signal.throwIfAborted();
        held.use(connection);
        await connection.ask();
        return connection;
      })),
    );
  }
  return all;
}

/** Resident memory when it has stopped to change by more than half a percent for a while. */
async function settledMemory(pid: number, signal: AbortSignal): Promise<number> {
  let { now: last } = await memoryOf(pid);
  let quietMs = 0;
  for (let ms = 0; ms < MAX_SETTLING_MS && quietMs < QUIET_MS; ms += POLL_MS) {
    await delay(POLL_MS, null, { signal });
    const { now } = await memoryOf(pid);
    quietMs += POLL_MS;
    if (Math.abs(now - last) < now / 200) continue;
    last = now;
    quietMs = 0;
  }
  return last;
}
