import { ProxyError } from "../../errors/mod.ts";
import {
  type Body,
  type Dial,
  giveUpReply,
  type HeaderMapInit,
  http1Transport,
  type Peer,
  peerAddress,
  type PeerTls,
  type Reply,
  type RequestHead,
  requestHead,
  type Scheme,
  type Transport,
} from "../../core/mod.ts";
import { checkPeer, checkPort } from "./_check_peer.ts";
import type { HealthCheck, HealthCheckContext } from "./health_check.ts";

/** A status, or the first and the last one of a range. */
export type StatusRange = number | readonly [first: number, last: number];

/** Options of {@linkcode httpCheck}. */
export interface HttpCheckOptions {
  /**
   * The request target.
   *
   * @default {"/"}
   */
  path?: string;
  /**
   * The method.
   *
   * @default {"GET"}
   */
  method?: string;
  /**
   * The value of the Host field.
   *
   * @default {the address that is checked}
   */
  host?: string;
  /**
   * Further fields.
   *
   * @default {[]}
   */
  headers?: HeaderMapInit;
  /**
   * The statuses that are well.
   *
   * @default {[[200, 399]]}
   */
  statuses?: readonly StatusRange[];
  /**
   * What the content must hold: a text, or an expression that it matches.
   *
   * @default {the content is not looked at}
   */
  body?: string | RegExp;
  /**
   * So much of the content is looked at.
   *
   * @default {65536}
   */
  maxBodyBytes?: number;
  /**
   * Another port than that of the traffic.
   *
   * @default {the peer's}
   */
  port?: number;
  /**
   * `https` to speak TLS, or `http` not to, whatever the traffic does.
   *
   * @default {the peer's}
   */
  scheme?: Scheme;
  /**
   * How TLS is spoken, such as the server name to ask for; what is left out is as for the traffic.
   *
   * @default {the peer's}
   */
  tls?: PeerTls;
  /**
   * Whether checks share a connection. A new one each time, as in nginx, HAProxy and Pingora, also tells
   * whether the backend accepts any; a kept one costs less.
   *
   * @default {false}
   */
  reuseConnection?: boolean;
  /** Opens connections; of no use beside `transport`. */
  dial?: Dial;
  /**
   * Carries the requests; it is not closed with the check.
   *
   * @default {an own http1Transport, which is}
   */
  transport?: Transport;
}

/**
 * A check that sends a request and looks at the answer: its status, and its content where that is asked for.
 *
 * @throws {TypeError} when path or method cannot be sent
 * @throws {RangeError} when port, statuses or `maxBodyBytes` make no sense
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { CancelSource, peer } from "@pingo/pingo/core";
 * import { httpCheck } from "@pingo/pingo/loadbalancing";
 *
 * await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
 *   return new URL(url).pathname === "/healthz" ? new Response("ok") : new Response("", { status: 503 });
 * });
 * const target = peer(`127.0.0.1:${server.addr.port}`);
 * const context = { id: "a", cancel: new CancelSource() };
 * await using healthz = httpCheck({ path: "/healthz", body: "ok" });
 * await healthz.check(target, context);
 * await using front = httpCheck();
 * await assertRejects(() => front.check(target, context), Error, "status 503");
 * ```
 */
export function httpCheck(options: HttpCheckOptions = {}): HealthCheck & AsyncDisposable {
  return new HttpCheck(options);
}

class HttpCheck implements HealthCheck, AsyncDisposable {
  readonly #options: HttpCheckOptions;
  readonly #ranges: readonly (readonly [first: number, last: number])[];
  readonly #maxBodyBytes: number;
  readonly #reuse: boolean;
  /** Made at the first check, and after a close again. */
  #own: Transport | null = null;

  constructor(options: HttpCheckOptions) {
    const { port, statuses = [[200, 399]], maxBodyBytes = 65_536, reuseConnection = false } =
      options;
    checkPort(port);
    if (!Number.isInteger(maxBodyBytes) || maxBodyBytes < 1) {
      throw new RangeError(
        `Cannot check health: maxBodyBytes ${maxBodyBytes} is not a whole number from 1 on`,
      );
    }
    this.#options = options;
    this.#ranges = statuses.map(toRange);
    if (this.#ranges.length === 0) {
      throw new RangeError("Cannot check health: statuses is empty, no answer would do");
    }
    this.#maxBodyBytes = maxBodyBytes;
    this.#reuse = reuseConnection;
    // Throws here, not at each check, for what cannot be sent.
    this.#request(options.host ?? "localhost");
  }

  async check(peer: Peer, { cancel }: HealthCheckContext): Promise<void> {
    const target = checkPeer(peer, this.#options);
    const { host = peerAddress(target), transport = this.#transport() } = this.#options;
    const reply = await transport.exchange(this.#request(host), null, { peer: target, cancel });
    try {
      await this.#judge(reply);
    } finally {
      // Does nothing where the content was read to its end.
      giveUpReply(reply, undefined);
      reply.release?.();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const own = this.#own;
    this.#own = null;
    await own?.[Symbol.asyncDispose]();
  }

  async #judge({ status, body }: Reply): Promise<void> {
    const isWell = this.#ranges.some(([first, last]) => status >= first && status <= last);
    if (!isWell) {
      throw new ProxyError("bad_response", `Cannot pass the health check: status ${status}`);
    }
    const { body: wanted } = this.#options;
    // A content that was read to its end leaves the connection for the next check.
    if (wanted === undefined && !this.#reuse) return;
    const text = body === null ? "" : await readPrefix(body, this.#maxBodyBytes);
    if (wanted === undefined || matches(text, wanted)) return;
    throw new ProxyError(
      "bad_response",
      `Cannot pass the health check: ${wanted} is not in the content`,
    );
  }

  #request(host: string): RequestHead {
    const { path, method, headers } = this.#options;
    const head = requestHead({ target: path, method, headers, authority: host });
    if (!head.headers.has("user-agent")) head.headers.set("user-agent", "pingo-health-check");
    if (!this.#reuse) head.headers.set("connection", "close");
    return head;
  }

  #transport(): Transport {
    const { dial } = this.#options;
    return this.#own ??= http1Transport({ maxIdlePerPeer: 1, ...(dial !== undefined && { dial }) });
  }
}

function toRange(range: StatusRange): readonly [first: number, last: number] {
  const [first, last] = typeof range === "number" ? [range, range] : range;
  const isStatus = (value: number): boolean =>
    Number.isInteger(value) && value >= 100 && value <= 599;
  if (isStatus(first) && isStatus(last) && first <= last) return [first, last];
  throw new RangeError(
    `Cannot check health: the statuses ${first} to ${last} are no range from 100 to 599`,
  );
}

function matches(text: string, wanted: string | RegExp): boolean {
  if (typeof wanted === "string") return text.includes(wanted);
  // One with the flag g or y goes on where it was the last time.
  wanted.lastIndex = 0;
  return wanted.test(text);
}

/** The beginning of a content; what is longer is not read any further. */
async function readPrefix(body: Body, maxBytes: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let left = maxBytes;
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
    text += decoder.decode(chunk.subarray(0, left), { stream: true });
    left -= chunk.byteLength;
    if (left <= 0) break;
  }
  return text + decoder.decode();
}
