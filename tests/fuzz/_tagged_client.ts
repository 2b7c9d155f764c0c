import { assert, assertEquals } from "@std/assert";
import type { Fault, MemoryDuplex } from "./_memory_duplex.ts";
import type { Random } from "./_random.ts";
import { readMessage, requestText, tagged, type TaggedPlan } from "./_tagged.ts";
import { checkFilling } from "./_tagged_upstream.ts";

/** A client that sends its requests in pieces of any size, and looks at what comes back. */
export class TaggedClient {
  readonly duplex: MemoryDuplex;
  readonly #plans: readonly TaggedPlan[];
  #waiting: string;

  constructor(duplex: MemoryDuplex, plans: readonly TaggedPlan[]) {
    this.duplex = duplex;
    this.#plans = plans;
    this.#waiting = plans.map(requestText).join("");
  }

  /** Sends a piece. */
  step(random: Random): void {
    const count = random.chance(0.4)
      ? this.#piece()
      : 1 + random.below(random.pick([10, 300, 1_100, 20_000, 100_000]));
    this.duplex.send(this.#waiting.slice(0, count));
    this.#waiting = this.#waiting.slice(count);
  }

  /** Leaves before its time; what the server has not read yet is lost. */
  leave(how: Fault): void {
    this.#waiting = "";
    this.duplex.fail(how);
  }

  /** Sends all that is left, and ends. */
  finish(): void {
    this.duplex.send(this.#waiting);
    this.#waiting = "";
    this.duplex.end();
  }

  /** As much as ends with a head. */
  #piece(): number {
    const end = this.#waiting.indexOf("\r\n\r\n");
    return end < 0 ? Infinity : end + 4;
  }

  /**
   * Checks that each answer is the one of its request.
   *
   * @param isCalm whether nothing went wrong: then every request has the answer of the upstream, unless one
   * before it said that it is the last
   */
  check(isCalm: boolean): void {
    const { received } = this.duplex;
    let at = 0;
    let count = 0;
    let isLast = false;
    for (; at < received.length; count++) {
      const plan = this.#plans[count];
      assert(plan !== undefined, `more answers than requests: ${received.slice(at, at + 80)}`);
      let isFinal = false;
      while (!isFinal && at < received.length) {
        // Who has sent half of a head is answered as if it were no HEAD: nobody can know.
        const hasContent = (start: string) =>
          (plan.method !== "HEAD" || start.includes(" 408 ")) && !/ 1\d\d /.test(start);
        const message = readMessage(received, at, hasContent, true);
        if (message === null) return assert(!isCalm, "a head that is not whole");
        at = message.end;
        isFinal = hasContent(message.start) || !/ 1\d\d /.test(message.start);
        const tag = message.fields.get("x-tag");
        if (isCalm && isFinal) {
          assert(tag !== undefined, `${plan.tag}: ${message.start}`);
          assert(message.isWhole || plan.version === "1.0", `${plan.tag} is whole`);
          isLast = message.fields.get("connection") === "close";
        }
        if (tag === undefined) continue;
        assertEquals(tag, plan.tag, `answer ${count} of ${this.#plans.length}`);
        if (!isFinal) continue;
        checkFilling(message.fields.get("x-fill"), plan.tag, plan.answer.filling);
        if (!hasContent(message.start)) continue;
        const content = tagged(plan.tag, plan.answer.length);
        assert(content.startsWith(message.content), `content of another answer in ${plan.tag}`);
        if (message.isWhole && plan.answer.framing !== "none") {
          assertEquals(message.content.length, content.length, `the length of ${plan.tag}`);
        }
      }
      if (!isFinal) return assert(!isCalm, "an answer that is not whole");
    }
    if (isCalm && !isLast) assertEquals(count, this.#plans.length, "answers");
  }
}
