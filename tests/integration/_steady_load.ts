import { sleep } from "../../timeout/mod.ts";

/** One request and what came of it. */
export interface Sample {
  /** When it began, by `performance.now()`. */
  readonly at: number;
  readonly method: string;
  /** What was wrong; null for a 200 that came whole. */
  readonly problem: string | null;
}

/** Clients that send idempotent requests again and again, with a short pause. */
export class SteadyLoad implements AsyncDisposable {
  readonly samples: Sample[] = [];
  readonly #working: Promise<unknown>;
  #isOver = false;

  constructor(url: string, clients: number) {
    this.#working = Promise.all(Array.from({ length: clients }, () => this.#work(url)));
  }

  /** Those that began at this time or later. */
  since(at: number): readonly Sample[] {
    return this.samples.filter((sample) => sample.at >= at);
  }

  /** Settles when the last request has ended. */
  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#working;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #work(url: string): Promise<void> {
    for (let n = 0; !this.#isOver; n++) {
      const method = n % 2 === 0 ? "GET" : "PUT";
      const at = performance.now();
      this.samples.push({ at, method, problem: await ask(url, method) });
      // So many requests that shares can be told, so few that the machine does other things too.
      await sleep(10);
    }
  }
}

async function ask(url: string, method: string): Promise<string | null> {
  try {
    const response = await fetch(url, { method, body: method === "PUT" ? "content" : null });
    const text = await response.text();
    if (response.status !== 200) return `${response.status}: ${text}`;
    return text.startsWith(method) ? null : `it is no answer to ${method}: ${text}`;
  } catch (error) {
    return String(error);
  }
}
