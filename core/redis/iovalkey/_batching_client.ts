import { type RedisArgument, type RedisClient, RedisError, type RedisReply } from "../../mod.ts";
import type { IovalkeyLike } from "./iovalkey_like.ts";

interface Waiting {
  readonly command: string;
  readonly args: readonly RedisArgument[];
  readonly resolve: (reply: RedisReply) => void;
  readonly reject: (error: RedisError) => void;
}

/** Hears of what is sent, and of its end. */
export interface SendWatch {
  begin(): void;
  end(): void;
}

/** Gathers the commands of one turn into one write. */
export function batchingClient(client: IovalkeyLike, watch?: SendWatch): RedisClient {
  let batch: Waiting[] = [];

  return {
    isCluster: client.isCluster === true,
    get isReady() {
      return client.status === "ready";
    },
    call(command, args) {
      if (client.status !== "ready") return Promise.reject(disconnected(client.status));
      return new Promise((resolve, reject) => {
        // The clients' own auto pipelining waits for the replies of one batch before it sends the next.
        if (batch.push({ command, args, resolve, reject }) === 1) queueMicrotask(flush);
      });
    },
  };

  function flush(): void {
    const calls = batch;
    batch = [];
    // A cluster's pipeline takes keys of one server only; its connections gather writes by themselves.
    if (calls.length > 1 && client.isCluster !== true) void sendTogether(calls);
    else for (const each of calls) void sendAlone(each);
  }

  async function sendAlone({ command, args, resolve, reject }: Waiting): Promise<void> {
    watch?.begin();
    try {
      resolve(checkedReply(await client.call(command, [...args])));
    } catch (error) {
      reject(redisError(error));
    }
    watch?.end();
  }

  async function sendTogether(calls: readonly Waiting[]): Promise<void> {
    let replies: readonly (readonly [error: unknown, reply: unknown])[] | null = null;
    let failure: unknown = null;
    watch?.begin();
    try {
      const commands = calls.map(({ command, args }) => ["call", command, ...args]);
      replies = await client.pipeline(commands).exec();
    } catch (error) {
      failure = error;
    }
    watch?.end();
    calls.forEach(({ resolve, reject }, at) => {
      const [error, reply] = replies?.[at] ?? [failure ?? "the pipeline gave no reply", null];
      if (error !== null) return reject(redisError(error));
      try {
        resolve(checkedReply(reply));
      } catch (error) {
        reject(redisError(error));
      }
    });
  }
}

function checkedReply(reply: unknown): RedisReply {
  if (typeof reply === "string" || typeof reply === "number" || reply === null) return reply;
  if (Array.isArray(reply)) return reply.map(checkedReply);
  throw new TypeError(`Cannot read reply: ${typeof reply} is no text, number or list`);
}

function redisError(error: unknown): RedisError {
  if (!(error instanceof Error)) return disconnected(String(error));
  // The class of redis-errors, which is the one thing that tells a reply.
  if (error.name === "ReplyError") return RedisError.ofReply(error.message, { cause: error });
  return new RedisError("DISCONNECTED", `Cannot call Redis: ${error.message}`, { cause: error });
}

function disconnected(state: string): RedisError {
  return new RedisError("DISCONNECTED", `Cannot call Redis: ${state}`);
}
