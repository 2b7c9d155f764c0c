/** What an access log knows of one exchange when it has ended. */
export interface AccessLogEntry {
  /** When it ended: milliseconds since 1970. */
  readonly time: number;
  /** The request id; empty when there is none. */
  readonly id: string;
  /** The client's address; `unix:` for a unix socket, empty where nobody knows it. */
  readonly client: string;
  /** Who it is, as the option `user` tells; null for nobody. */
  readonly user: string | null;
  /** The method, as it arrived. */
  readonly method: string;
  /** The raw target, as it arrived. */
  readonly target: string;
  /** `http` or `https`, as it arrived. */
  readonly scheme: string;
  /** The host asked for, as it arrived. */
  readonly host: string;
  /** The protocol as it stands in a request line: `HTTP/1.1`, `HTTP/2.0`. */
  readonly protocol: string;
  /** The status; 499 when the client left before there was one. */
  readonly status: number;
  /** Bytes of content sent to the client; -1 when not known. */
  readonly sentBytes: number;
  /** Bytes of content read from the client. */
  readonly receivedBytes: number;
  /** From the head of the request to the end. */
  readonly durationMs: number;
  /** The upstream that was asked last; null for none. */
  readonly upstream: string | null;
  /** How long connecting to it took, 0 for a reused connection; -1 when it did not come to that. */
  readonly upstreamConnectMs: number;
  /** From the beginning of the last attempt to the head of its response; -1 when there was none. */
  readonly upstreamHeadMs: number;
  /** How many attempts at an upstream were made. */
  readonly attempts: number;
  /** The kind of the error; null when all went well. */
  readonly error: string | null;
  /** `User-Agent`. */
  readonly userAgent: string | null;
  /** `Referer`. */
  readonly referer: string | null;
  /** The request's fields that were asked for, by lower-case name, as they arrived; secrets redacted. */
  readonly requestHeaders: Readonly<Record<string, string>>;
  /** The response's fields that were asked for, by lower-case name; secrets redacted. */
  readonly responseHeaders: Readonly<Record<string, string>>;
}
