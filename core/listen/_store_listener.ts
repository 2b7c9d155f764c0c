import type { Clock } from "../../timeout/mod.ts";
import type { Certificate, CertificateStore } from "../tls/mod.ts";

/** A certificate and its key as `Deno.listenTls` takes them. */
type KeyPair = Pick<Certificate, "cert" | "key">;

/**
 * The option of `Deno.listenTls` for choosing a certificate by name. Deno has it under this symbol and not
 * in its types.
 */
const SNI_RESOLVER = Symbol.for("unstableSniResolver");

/** How `Deno.listenTls` is told of certificates. */
export type TlsKeys = KeyPair & {
  [SNI_RESOLVER]?: (serverName: string) => KeyPair | Record<never, never>;
};

/** What is needed of a listener of Deno. */
type TlsSocket = Pick<Deno.TlsListener, "addr" | "accept" | "close">;

/** What {@linkcode StoreListener} is made of. */
export interface StoreListenerOptions {
  store: CertificateStore;
  /** Opens the socket: at first where the user wants it, later with the port that it had. */
  open: (keys: TlsKeys, boundPort?: number) => TlsSocket;
  clock: Clock;
  /**
   * Names that Deno may hold answers for.
   *
   * @default {10000}
   */
  maxNames?: number;
}

/** No connection for so long means that none waits in the queue of the socket. */
const QUIET_MS = 2;
/** Under load there is no such moment; then it is taken as it comes. */
const MAX_QUIET_WAIT_MS = 100;

/**
 * A listener whose certificates may change. Deno asks once for each name and keeps the answer as long as
 * the socket is open, which costs memory for every name that anybody asks for, too. So the socket is
 * closed and opened again when an answer has become another one, and when there are very many. What is
 * open goes on. A client that connects in this moment, a millisecond, is refused or reset.
 *
 * With one certificate for all Deno need not ask at all. That is better: whenever it asks, each handshake
 * makes its configuration anew (with RSA twice the CPU), and no TLS session can be resumed.
 */
export class StoreListener {
  readonly addr: Deno.NetAddr;
  readonly #options: StoreListenerOptions;
  readonly #maxNames: number;
  readonly #forget: () => void;
  #listener: TlsSocket | null;
  /** What Deno was told for each name; null when it does not ask. */
  #answers: Map<string, Certificate | null> | null = null;
  /** The certificate that everybody gets while Deno does not ask. */
  #only: Certificate | null = null;
  /** Whether the socket is to be opened again. */
  #isStale = false;
  #isSocketClosed = false;
  #staleSince = 0;
  #cancelQuiet: () => void = () => {};
  #isClosed = false;

  constructor(options: StoreListenerOptions) {
    this.#options = options;
    this.#maxNames = options.maxNames ?? 10_000;
    this.#listener = this.#open();
    this.addr = this.#listener.addr;
    this.#forget = options.store.onChange(() => this.#follow());
  }

  /** The next connection, also over an exchange of the socket. */
  async accept(): Promise<Deno.TlsConn> {
    for (;;) {
      // When this fails, the next call tries again.
      const listener = this.#listener ??= this.#open(this.addr.port);
      try {
        const conn = await listener.accept();
        if (this.#isStale && !this.#isSocketClosed) this.#closeWhenQuiet();
        return conn;
      } catch (error) {
        if (this.#isClosed || !this.#isSocketClosed) throw error;
        // Now it is closed, not before: until here the port was taken.
        this.#cancelQuiet();
        this.#listener = null;
        this.#isStale = this.#isSocketClosed = false;
      }
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelQuiet();
    this.#forget();
    this.#closeSocket();
  }

  #open(boundPort?: number): TlsSocket {
    const { store, open } = this.#options;
    const { default: fallback, hasOneAnswer } = store;
    const keys = fallback ?? NO_KEYS;
    this.#only = hasOneAnswer ? fallback : null;
    this.#answers = hasOneAnswer ? null : new Map();
    const resolver = { [SNI_RESOLVER]: (name: string) => this.#answer(name) };
    return open(hasOneAnswer ? keys : { ...keys, ...resolver }, boundPort);
  }

  #answer(name: string): KeyPair | Record<never, never> {
    const certificate = this.#options.store.select(name);
    const answers = this.#answers;
    answers?.set(name, certificate);
    if (answers !== null && answers.size >= this.#maxNames) this.#reopen();
    // Without a certificate in it Deno ends the handshake.
    return certificate ?? {};
  }

  /** The store has changed. */
  #follow(): void {
    const { store } = this.#options;
    if (this.#answers === null) {
      if (!store.hasOneAnswer || store.default !== this.#only) this.#reopen();
      return;
    }
    for (const [name, answer] of this.#answers) {
      if (store.select(name) !== answer) return this.#reopen();
    }
  }

  #reopen(): void {
    if (this.#isStale || this.#isClosed) return;
    this.#isStale = true;
    this.#staleSince = this.#options.clock.now();
    this.#closeWhenQuiet();
  }

  /** Lets the queue of the socket run empty: with the socket, what waits there is reset. */
  #closeWhenQuiet(): void {
    const { clock } = this.#options;
    this.#cancelQuiet();
    const left = this.#staleSince + MAX_QUIET_WAIT_MS - clock.now();
    if (left <= 0) this.#closeSocket();
    else this.#cancelQuiet = clock.setTimer(() => this.#closeSocket(), QUIET_MS);
  }

  #closeSocket(): void {
    this.#isSocketClosed = true;
    try {
      this.#listener?.close();
    } catch {
      // It is closed, and nobody has tried to accept since.
    }
  }
}

/** What Deno does not look at when it asks. */
const NO_KEYS: KeyPair = { cert: "", key: "" };

/** Whether this Deno asks for certificates by name. */
export function canChooseByName(): boolean {
  const inside: unknown = Reflect.get(Deno, Reflect.get(Deno, "internal"));
  return typeof inside === "object" && inside !== null &&
    Reflect.get(inside, "resolverSymbol") === SNI_RESOLVER;
}
