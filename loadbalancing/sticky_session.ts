import { createHmac } from "node:crypto";
import {
  type AnyMiddleware,
  type AttemptOutcome,
  type Exchange,
  isFieldValue,
  isToken,
  type Peer,
  type SelectOptions,
  toReply,
} from "../core/mod.ts";
import { cookieValue } from "./_cookie_value.ts";
import { isAmong } from "./_is_among.ts";
import type { Backend } from "./backend.ts";
import type { BackendSelection, BackendUpstream } from "./backend_selection.ts";
import type { LoadBalancer } from "./load_balancer.ts";

/** Options of {@linkcode StickySession}. */
export interface StickySessionOptions {
  /**
   * What cookies are signed with: at least 16 characters, the same on all proxies of a site. Of several the
   * first signs, and cookies of the others are still accepted: so a secret can be changed.
   */
  secret: string | readonly string[];
  /**
   * The name of the cookie.
   *
   * @default {"pingo_backend"}
   */
  cookie?: string;
  /**
   * For which paths the client sends it.
   *
   * @default {"/"}
   */
  path?: string;
  /**
   * For which domain the client sends it; null: only for the host that set it.
   *
   * @default {null}
   */
  domain?: string | null;
  /**
   * How long the client keeps it, in seconds; null: until it is closed.
   *
   * @default {null}
   */
  maxAgeSeconds?: number | null;
  /**
   * Whether the client sends it over TLS alone; `"auto"`: when it came over TLS.
   *
   * @default {"auto"}
   */
  isSecure?: boolean | "auto";
  /**
   * Whether the client sends it along with requests that other sites cause. `None` needs TLS.
   *
   * @default {"Lax"}
   */
  sameSite?: "Strict" | "Lax" | "None";
}

/**
 * Sends a client to the backend that served it before, by a cookie, as long as that backend is there: when it
 * is gone, unhealthy, disabled, full, or was tried in vain, the balancer chooses anew and the client gets
 * another cookie, once the new one has answered. A backend that drains keeps its clients and gets no new ones.
 *
 * The cookie's value is an HMAC-SHA-256 of the backend's id (16 bytes of it): nobody can make one without the
 * secret, and it tells nothing of what stands behind the proxy. Since backends are few, all valid values are
 * in a table: a request costs one look into it.
 *
 * It is both an `Upstream`, for the proxy's `upstream`, and a `middleware`, which sets the cookie.
 *
 * @example
 * ```ts
 * import { assert, assertEquals } from "@std/assert";
 * import { HttpProxy, listen, reply } from "@pingo/pingo";
 * import { LoadBalancer, StickySession } from "@pingo/pingo/loadbalancing";
 *
 * await using one = await listen({ address: "127.0.0.1:0" }, () => reply(200, "one"));
 * await using two = await listen({ address: "127.0.0.1:0" }, () => reply(200, "two"));
 * const balancer = new LoadBalancer({ backends: [one.url, two.url] });
 * const sticky = new StickySession(balancer, { secret: "a secret of the site's own" });
 * await using proxy = new HttpProxy({ upstream: sticky, middleware: [sticky.middleware] });
 * await using front = await listen({ address: "127.0.0.1:0" }, proxy.handle);
 *
 * const first = await fetch(front.url);
 * const cookie = first.headers.get("set-cookie")?.split(";")[0];
 * assert(cookie !== undefined);
 * const answers = [await first.text()];
 * for (let i = 0; i < 3; i++) {
 *   answers.push(await (await fetch(front.url, { headers: { cookie } })).text());
 * }
 * assertEquals(new Set(answers).size, 1);
 * ```
 */
export class StickySession implements BackendUpstream, Disposable {
  readonly #balancer: LoadBalancer;
  readonly #secrets: readonly string[];
  readonly #cookie: string;
  readonly #attributes: string;
  readonly #isSecure: boolean | "auto";
  readonly #unsubscribe: () => void;
  #isStale = true;
  #byToken: ReadonlyMap<string, Backend> = new Map();
  /** What new cookies hold; an HMAC costs 20 µs, so each is computed once. */
  readonly #tokens = new WeakMap<Backend, string>();
  /** What the client of an exchange is to be told; most exchanges are not in it. */
  readonly #fresh = new WeakMap<Exchange, string>();

  /**
   * Sticky sessions before a balancer.
   *
   * @throws {TypeError} when a name or attribute is malformed or unknown, or there is no secret
   * @throws {RangeError} when a secret is shorter than 16 characters, or `maxAgeSeconds` is not above 0
   */
  constructor(balancer: LoadBalancer, options: StickySessionOptions) {
    const { secret, cookie = "pingo_backend", isSecure = "auto" } = options;
    if (!isToken(cookie)) {
      throw new TypeError(
        `Cannot stick by the cookie ${JSON.stringify(cookie)}: it is not a token`,
      );
    }
    this.#secrets = typeof secret === "string" ? [secret] : [...secret];
    if (this.#secrets.length === 0) throw new TypeError("Cannot stick by a cookie: no secret");
    for (const { length } of this.#secrets) {
      if (length < 16) {
        throw new RangeError("Cannot stick by a cookie: a secret is shorter than 16 characters");
      }
    }
    if (isSecure === false && options.sameSite === "None") {
      throw new TypeError("Cannot stick by a cookie: sameSite None needs isSecure");
    }
    this.#balancer = balancer;
    this.#cookie = cookie;
    this.#isSecure = isSecure;
    this.#attributes = attributesOf(options);
    this.#unsubscribe = balancer.backends.onChange(({ kind }) => {
      if (kind === "list") this.#isStale = true;
    });
  }

  /**
   * The backend of the client's cookie, else one that the balancer chooses.
   *
   * @throws {ProxyError} `no_upstream` when there is nobody
   */
  select(exchange: Exchange, options: SelectOptions): BackendSelection {
    const bound = this.#boundTo(exchange);
    if (bound !== undefined && !isAmong(bound, options.tried) && this.#balancer.canServe(bound)) {
      this.#fresh.delete(exchange);
      return this.#balancer.lease(bound, exchange);
    }
    const backend = this.#balancer.selectBackend(exchange, options);
    const lease = this.#balancer.lease(backend, exchange);
    if (backend === bound) {
      this.#fresh.delete(exchange);
      return lease;
    }
    this.#fresh.set(exchange, this.#tokenOf(backend));
    return new FreshLease(lease, () => this.#fresh.delete(exchange));
  }

  /** Sets the cookie on answers of a backend that the client is not bound to yet. Put it into the proxy. */
  readonly middleware: AnyMiddleware = (next) => async (exchange) => {
    const answer = await next(exchange);
    const token = this.#fresh.get(exchange);
    if (token === undefined) return answer;
    const answered = toReply(answer);
    answered.headers.append("Set-Cookie", this.#setCookie(token, exchange));
    return answered;
  };

  /** Listens to the balancer's set no more. */
  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  #boundTo({ request }: Exchange): Backend | undefined {
    const token = cookieValue(request.headers.getAll("cookie"), this.#cookie);
    if (token === null) return undefined;
    if (this.#isStale) this.#readSet();
    return this.#byToken.get(token);
  }

  #readSet(): void {
    this.#isStale = false;
    const byToken = new Map<string, Backend>();
    for (const backend of this.#balancer.backends.backends) {
      byToken.set(this.#tokenOf(backend), backend);
      for (const secret of this.#secrets.slice(1)) {
        byToken.set(token(secret, this.#cookie, backend), backend);
      }
    }
    this.#byToken = byToken;
  }

  #tokenOf(backend: Backend): string {
    let known = this.#tokens.get(backend);
    if (known === undefined) {
      known = token(this.#secrets[0], this.#cookie, backend);
      this.#tokens.set(backend, known);
    }
    return known;
  }

  #setCookie(token: string, { request }: Exchange): string {
    const isSecure = this.#isSecure === "auto" ? request.scheme === "https" : this.#isSecure;
    return `${this.#cookie}=${token}${this.#attributes}${isSecure ? "; Secure" : ""}`;
  }
}

/** The lease of a backend that the client is not bound to yet: it is to be only if an answer comes. */
class FreshLease implements BackendSelection {
  readonly peer: Peer;
  readonly backend: Backend;
  readonly #lease: BackendSelection;
  readonly #unbind: () => void;

  constructor(lease: BackendSelection, unbind: () => void) {
    this.peer = lease.peer;
    this.backend = lease.backend;
    this.#lease = lease;
    this.#unbind = unbind;
  }

  settle(outcome: AttemptOutcome): void {
    if (outcome.status === null) this.#unbind();
    this.#lease.settle?.(outcome);
  }
}

/** Bound to the name of the cookie, so that two sites of one secret do not share values. */
function token(secret: string, cookie: string, { id }: Backend): string {
  const mac = createHmac("sha256", secret).update(`${cookie}\0${id}`).digest();
  return mac.subarray(0, 16).toString("base64url");
}

function attributesOf(options: StickySessionOptions): string {
  const { path = "/", domain = null, maxAgeSeconds = null, sameSite = "Lax" } = options;
  if (!["Strict", "Lax", "None"].includes(sameSite)) {
    throw new TypeError(
      `Cannot stick by a cookie: sameSite ${JSON.stringify(sameSite)} is none of Strict, Lax, None`,
    );
  }
  for (const text of [path, domain ?? ""]) {
    if (text.includes(";") || !isFieldValue(text)) {
      throw new TypeError(`Cannot stick by a cookie: ${JSON.stringify(text)} is no attribute`);
    }
  }
  if (maxAgeSeconds !== null && !(Number.isInteger(maxAgeSeconds) && maxAgeSeconds > 0)) {
    throw new RangeError(
      `Cannot stick by a cookie: maxAgeSeconds ${maxAgeSeconds} is not a whole number above 0`,
    );
  }
  const parts = [`Path=${path}`];
  if (domain !== null) parts.push(`Domain=${domain}`);
  if (maxAgeSeconds !== null) parts.push(`Max-Age=${maxAgeSeconds}`);
  parts.push("HttpOnly", `SameSite=${sameSite}`);
  return parts.map((part) => `; ${part}`).join("");
}
