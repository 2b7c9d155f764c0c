import { assert, assertEquals } from "@std/assert";
import type { Fault, MemoryDuplex } from "./_memory_duplex.ts";
import type { Random } from "./_random.ts";
import { answerLength, answerText, readMessage, tagged, type TaggedPlan } from "./_tagged.ts";

/** One connection to an upstream that answers as the plans say, in pieces of any size. */
export class TaggedUpstream {
  readonly duplex: MemoryDuplex;
  readonly #plans: ReadonlyMap<string, TaggedPlan>;
  readonly #seen: Map<string, number>;
  /** Where the request begins that is read. */
  #from = 0;
  #answered = "";
  #waiting = "";
  /** How much at the end of `#waiting` nobody has asked for. */
  #unaskedBytes = 0;
  #hasEnded = false;
  #closesBehind = false;
  #hasContinued = "";

  /** @param seen counts how often each request has arrived */
  constructor(
    duplex: MemoryDuplex,
    plans: ReadonlyMap<string, TaggedPlan>,
    seen: Map<string, number>,
  ) {
    this.duplex = duplex;
    this.#plans = plans;
    this.#seen = seen;
  }

  /** Whether it has nothing to do before something else comes. */
  get isIdle(): boolean {
    return this.duplex.isClosed || this.#hasEnded || (this.#waiting === "" && !this.#read());
  }

  /** What it is at; for a case that went wrong. */
  toString(): string {
    const state = { from: this.#from, answered: this.#answered, hasEnded: this.#hasEnded };
    return JSON.stringify({ ...state, waiting: this.#waiting.length, ends: this.#closesBehind });
  }

  /** Sends so many bytes of what it has to say. */
  step(random: Random): void {
    if (this.isIdle) return;
    const count = random.chance(0.3)
      ? Infinity
      : 1 + random.below(random.chance(0.5) ? 40 : 20_000);
    const answerBytes = this.#waiting.length - this.#unaskedBytes;
    // What nobody has asked for comes with the end of the answer: behind the next request it would be taken
    // for the answer to that, by anybody.
    const sent = count < answerBytes ? count : Infinity;
    this.duplex.send(this.#waiting.slice(0, sent));
    this.#waiting = this.#waiting.slice(sent);
    if (this.#waiting !== "" || !this.#closesBehind) return;
    this.#hasEnded = true;
    this.duplex.end();
  }

  /** Leaves before its time. */
  leave(how: Fault): void {
    this.#hasEnded = true;
    this.duplex.fail(how);
  }

  /** Looks at what came; whether there is something to say. */
  #read(): boolean {
    const { received } = this.duplex;
    const message = readMessage(received, this.#from, () => true, false);
    if (message === null) return false;
    const [method, path, version] = message.start.split(" ");
    const tag = path.slice(1);
    const plan = this.#plans.get(tag);
    assert(plan !== undefined, `no request has the line ${message.start}`);
    assertEquals([method, version], [plan.method, "HTTP/1.1"]);
    checkFilling(message.fields.get("x-fill"), tag, plan.filling);
    const content = tagged(tag, plan.framing === "none" ? 0 : plan.length);
    assert(content.startsWith(message.content), `content of another request came with ${tag}`);
    if (message.isWhole) assertEquals(message.content.length, content.length, tag);
    const isAnswered = this.#answered === tag;
    if (isAnswered && message.isWhole) {
      this.#from = message.end;
      this.#answered = "";
      return this.#from < received.length && this.#read();
    }
    if (isAnswered) return false;
    if (!message.isWhole && !plan.answer.isEarly) {
      if (!message.fields.has("expect") || this.#hasContinued === tag) return false;
      this.#hasContinued = tag;
      this.#waiting = "HTTP/1.1 100 Continue\r\n\r\n";
      this.#unaskedBytes = 0;
      return true;
    }
    this.#seen.set(tag, (this.#seen.get(tag) ?? 0) + 1);
    this.#answered = tag;
    const text = answerText(plan);
    this.#waiting = text.slice(0, plan.answer.breaksAt);
    this.#unaskedBytes = Math.max(0, this.#waiting.length - answerLength(plan));
    const endsByClose = plan.answer.framing === "none" && plan.method !== "HEAD";
    this.#closesBehind = endsByClose || this.#waiting.length < text.length;
    if (this.#waiting !== "") return true;
    this.#hasEnded = true;
    this.duplex.end();
    return false;
  }
}

/** Checks a field that is as long as the plan says, and belongs to nobody else. */
export function checkFilling(value: string | undefined, tag: string, length: number): void {
  assertEquals(value ?? "", tagged(tag, length), `the head of ${tag}`);
}
