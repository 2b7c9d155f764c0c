/** A pipeline of {@linkcode IovalkeyLike}. */
export interface IovalkeyPipeline {
  /** Sends it; gives one pair of error and reply for each command. */
  exec(): Promise<[error: Error | null, reply: unknown][] | null>;
}

/** The part of a client of iovalkey, or of its `Cluster`, that is used, of whatever version of it. */
export interface IovalkeyLike {
  /** `ready` once commands can be sent. */
  readonly status: string;
  /** Whether commands go to several servers. */
  readonly isCluster?: boolean;
  /** Sends a command. */
  call(command: string, args: (string | number)[]): Promise<unknown>;
  /** Commands that leave in one write. */
  pipeline(commands: unknown[][]): IovalkeyPipeline;
}
