/** What a command takes. */
export type RedisArgument = string | number;

/** What a command gives: text, a whole number, nothing, or a list of these. */
export type RedisReply = string | number | null | readonly RedisReply[];

/**
 * A Redis or Valkey server as the toolkit needs it; `openRedis` of `core/redis/iovalkey` is one, and so may be
 * whatever client the program has already.
 */
export interface RedisClient {
  /** Whether a command would be sent at once. While it is false, {@linkcode RedisClient.call} rejects at once. */
  readonly isReady: boolean;
  /**
   * Whether keys lie on several servers, so that no command may have keys of two slots.
   *
   * @default {false}
   */
  readonly isCluster?: boolean;
  /**
   * Sends a command. All commands of one turn of the event loop leave in one write, in their order. Nothing waits
   * for a connection, and nothing is sent a second time.
   *
   * @param command its name, such as `EVALSHA`
   * @throws {RedisError} when the server refuses it or the connection is not there or ends
   */
  call(command: string, args: readonly RedisArgument[]): Promise<RedisReply>;
}
