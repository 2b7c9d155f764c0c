import { type RedisClient, RedisError, type RedisReply } from "../../../core/mod.ts";

/** A call that a test answers. */
export interface ManualCall {
  readonly command: string;
  readonly args: readonly (string | number)[];
  reply(reply: RedisReply): void;
  fail(error: unknown): void;
}

/** A client whose server is the test. */
export class ManualRedis implements RedisClient {
  isReady = true;
  isCluster = false;
  readonly calls: ManualCall[] = [];

  call(command: string, args: readonly (string | number)[]): Promise<RedisReply> {
    return new Promise((resolve, reject) => {
      this.calls.push({ command, args, reply: resolve, fail: reject });
    });
  }

  /** The oldest call that was not taken yet, of those that this turn makes at its end. */
  async next(): Promise<ManualCall> {
    await Promise.resolve();
    const call = this.calls.shift();
    if (call === undefined) throw new Error("Cannot answer a call: none was made");
    return call;
  }
}

export const DISCONNECTED = new RedisError("DISCONNECTED", "Cannot call Redis: gone");
