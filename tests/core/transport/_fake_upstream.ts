import type { Dial, Dialled, Duplex } from "../../../core/mod.ts";

/** One end of a connection in memory; what happens at the other end is called by hand. */
export class FakeConn implements Duplex {
  /** Everything that was written, one character a byte. */
  sent = "";
  isClosed = false;
  #inbox: Uint8Array[] = [];
  #isEnded = false;
  #failure: Error | null = null;
  #waiting: { into: Uint8Array; settle: PromiseWithResolvers<number | null> } | null = null;

  read(into: Uint8Array): Promise<number | null> {
    if (this.isClosed) return Promise.reject(new Deno.errors.BadResource("closed"));
    if (this.#waiting !== null) return Promise.reject(new Deno.errors.Busy("two reads"));
    const settle = Promise.withResolvers<number | null>();
    this.#waiting = { into, settle };
    this.#deliver();
    return settle.promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.isClosed) return Promise.reject(new Deno.errors.BadResource("closed"));
    if (this.#failure !== null) return Promise.reject(this.#failure);
    this.sent += String.fromCharCode(...bytes);
    return Promise.resolve(bytes.byteLength);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    if (this.isClosed) throw new Deno.errors.BadResource("closed twice");
    this.isClosed = true;
    this.#waiting?.settle.reject(new Deno.errors.Interrupted("operation canceled"));
    this.#waiting = null;
  }

  /** The upstream sends. */
  receive(text: string): void {
    this.#inbox.push(Uint8Array.from(text, (character) => character.charCodeAt(0)));
    this.#deliver();
  }

  /** The upstream closes. */
  end(): void {
    this.#isEnded = true;
    this.#deliver();
  }

  /** The connection breaks. */
  fail(error: Error = new Deno.errors.ConnectionReset("reset")): void {
    this.#failure = error;
    this.#deliver();
  }

  #deliver(): void {
    const waiting = this.#waiting;
    if (waiting === null) return;
    const bytes = this.#inbox.shift();
    if (bytes !== undefined) {
      const count = Math.min(bytes.byteLength, waiting.into.byteLength);
      waiting.into.set(bytes.subarray(0, count));
      if (count < bytes.byteLength) this.#inbox.unshift(bytes.subarray(count));
      waiting.settle.resolve(count);
    } else if (this.#failure !== null) waiting.settle.reject(this.#failure);
    else if (this.#isEnded) waiting.settle.resolve(null);
    else return;
    this.#waiting = null;
  }
}

/** Connections in memory. */
export class FakeUpstream {
  readonly conns: FakeConn[] = [];

  readonly dial: Dial = () => Promise.resolve(this.connect());

  /** What a dial resolves with. */
  connect(): Dialled {
    const conn = new FakeConn();
    this.conns.push(conn);
    return { conn, remote: "192.0.2.1:80", dnsMs: 0, connectMs: 0, tlsMs: 0 };
  }

  get open(): FakeConn[] {
    return this.conns.filter((conn) => !conn.isClosed);
  }
}

/** Lets everything that waits for nothing but promises go on. */
export async function settle(): Promise<void> {
  for (let turns = 0; turns < 100; turns++) await Promise.resolve();
}
