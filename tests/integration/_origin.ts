import { listen, type Listener, type Reply, reply } from "../../core/mod.ts";
import { freePort } from "../support/ports.ts";

/** What befalls an upstream. */
export type Ill = "none" | "stalls" | "fails half";

/** An upstream on a real socket that can fall ill, be killed, and come back at the same address. */
export class Origin implements AsyncDisposable {
  ill: Ill = "none";
  /** How many requests it has answered well, health checks not counted. */
  answered = 0;
  readonly #stalled: ((reply: Reply) => void)[] = [];
  #listener: Listener | null = null;
  readonly #address = `127.0.0.1:${freePort()}`;
  #asked = 0;

  static async start(): Promise<Origin> {
    const origin = new Origin();
    await origin.restart();
    return origin;
  }

  get address(): string {
    return this.#address;
  }

  /** Takes requests; at the address that it had before. */
  async restart(): Promise<void> {
    this.#listener = await listen({ address: this.#address }, ({ path, request }) => {
      if (this.ill === "stalls") {
        return new Promise<Reply>((resolve) => this.#stalled.push(resolve));
      }
      if (path === "/healthz") return reply(200, "well");
      if (this.ill === "fails half" && this.#asked++ % 2 === 0) return reply(500, "a defect");
      this.answered++;
      return reply(200, `${request.method} at ${this.#address}`);
    });
  }

  /** Ends at once: nobody listens any more, and what is under way is cut. */
  async kill(): Promise<void> {
    await this.#listener?.close();
    this.#listener = null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const resolve of this.#stalled.splice(0)) resolve(reply(503));
    await this.kill();
  }
}
