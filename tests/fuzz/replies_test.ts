import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type Body,
  bodyFrom,
  type Handler,
  HeaderList,
  type Reply,
  responseHead,
} from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { bytesOf } from "./_latin1.ts";
import { serveInMemory } from "./_memory_server.ts";
import { type NaiveResponse, readResponses } from "./_naive_response.ts";
import { type Line, valuesOf } from "./_naive_syntax.ts";
import { type AskedOnce, askedOnce, type ReplyScript, replyScript } from "./_replies.ts";
import { ScriptedBody } from "./_scripted_body.ts";
import { fuzzSettings } from "./_settings.ts";

/** The last replies that were made, to see how their parts ended. */
interface Made {
  readonly body: ScriptedBody | null;
  releases: number;
}

function answering(scripts: readonly ReplyScript[], made: Made[]): Handler {
  return async (exchange) => {
    const script = scripts[made.length];
    const one: Made = {
      body: script.content.kind === "script" ? new ScriptedBody(script.content.script) : null,
      releases: 0,
    };
    made.push(one);
    for (const { status, lines } of script.informs) exchange.inform(responseHead(status, lines));
    for (let turn = 0; turn < script.wait; turn++) await null;
    if (script.throws) throw new ProxyError("no_upstream");
    return {
      status: script.status,
      reason: script.reason,
      headers: new HeaderList(script.lines),
      body: one.body ?? bodyOf(script),
      release: () => void one.releases++,
    } satisfies Reply;
  };
}

function bodyOf({ content }: ReplyScript): Body | null {
  if (content.kind !== "bytes") return null;
  const body = bodyFrom(bytesOf(content.text));
  // Without its short cuts.
  return content.isCopied
    ? { length: body.length, read: () => body.read(), cancel: () => body.cancel() }
    : body;
}

function requestOf({ method, version, connection }: AskedOnce): string {
  const option = connection === null ? "" : `Connection: ${connection}\r\n`;
  const length = method === "POST" ? "Content-Length: 0\r\n" : "";
  return `${method} / HTTP/${version}\r\nHost: a\r\n${option}${length}\r\n`;
}

/** Whether a reply cannot be written down, which is answered with 500. */
function isFaulty({ status, reason }: ReplyScript): boolean {
  return !Number.isInteger(status) || status < 200 || status > 599 ||
    /[^\t -~\x80-\xff]/.test(reason);
}

/** What must arrive of a reply: its content, `cut` when that ends early, or the status of a page. */
type Outcome = { readonly content: string; readonly trailers: readonly Line[] } | "cut" | number;

function outcomeOf(script: ReplyScript, asked: AskedOnce): Outcome {
  if (script.throws) return 503;
  if (isFaulty(script)) return 500;
  const isEmpty = asked.method === "HEAD" || [204, 205, 304].includes(script.status);
  const { content } = script;
  if (isEmpty || content.kind === "none") return { content: "", trailers: [] };
  if (content.kind === "bytes") return { content: content.text, trailers: [] };
  const { pieces, breaksBehind, length, trailers } = content.script;
  const whole = pieces.join("");
  const told = length ?? declared(script);
  if (told === 0) return { content: "", trailers: [] };
  if (breaksBehind !== null && breaksBehind <= pieces.length) return "cut";
  if (told !== undefined && told !== whole.length) return "cut";
  const isChunked = told === undefined && asked.version === "1.1";
  return { content: whole, trailers: isChunked ? trailers ?? [] : [] };
}

/** The Content-Length that a handler wrote, where it is one. */
function declared({ lines }: ReplyScript): number | undefined {
  const value = valuesOf(lines, "content-length").join(", ");
  return /^\d+$/.test(value) ? Number(value) : undefined;
}

/** The content where as much as was told comes before it breaks or goes on too long; else null. */
function beginningOf(script: ReplyScript): string | null {
  if (script.content.kind !== "script") return null;
  const { pieces, breaksBehind, length = declared(script) ?? Infinity } = script.content.script;
  const given = pieces.slice(0, breaksBehind ?? pieces.length).join("");
  return length <= given.length ? given.slice(0, length) : null;
}

const OF_THIS_HOP = ["connection", "upgrade", "transfer-encoding", "content-length", "date"];

function compare(
  response: NaiveResponse,
  script: ReplyScript,
  asked: AskedOnce,
  outcome: Outcome,
): void {
  if (typeof outcome === "number") assertEquals(response.status, outcome);
  else {
    assertEquals(response.status, script.status);
    if (script.reason !== "") assertEquals(response.reason, script.reason);
    const own = ([name]: Line) => !OF_THIS_HOP.includes(name.toLowerCase());
    assertEquals(response.lines.filter(own), script.lines.filter(own));
    assertEquals(valuesOf(response.lines, "upgrade"), []);
  }
  const dates = typeof outcome === "number"
    ? 1
    : Math.max(1, valuesOf(script.lines, "date").length);
  assertEquals(valuesOf(response.lines, "date").length, dates);
  const informs = asked.version === "1.0" ? [] : script.informs;
  const isFramed = ([name]: Line) => OF_THIS_HOP.includes(name.toLowerCase());
  assertEquals(
    response.interim,
    informs.map(({ status, lines }) => ({
      status,
      lines: lines.filter((line) => !isFramed(line)),
    })),
  );
  if (typeof outcome === "object") {
    if (script.status === 205) assertEquals(valuesOf(response.lines, "content-length"), ["0"]);
    assertEquals(response.content, outcome);
  }
}

async function check(
  pairs: readonly (readonly [AskedOnce, ReplyScript])[],
  maxWrite: number,
): Promise<void> {
  const made: Made[] = [];
  const scripts = pairs.map(([, script]) => script);
  const server = serveInMemory(answering(scripts, made), { maxWrite });
  server.client.send(pairs.map(([asked]) => requestOf(asked)).join(""));
  server.client.end();
  await server.ended();
  // What was given up with its read open goes on for some turns.
  await server.settle();

  const { responses, rest, fault } = readResponses(server.received, pairs.map(([asked]) => asked));
  let answered = 0;
  let isCut = false;
  for (const [i, [asked, script]] of pairs.entries()) {
    const outcome = outcomeOf(script, asked);
    answered++;
    const response = responses.at(i);
    if (outcome === "cut") {
      const isDelimited = response?.framing === "close";
      if (response !== undefined) {
        compare(response, script, asked, outcome);
        // What was told may have come before the source went wrong.
        const isBeginning = typeof response.content === "object" &&
          response.content.content === beginningOf(script);
        assert(
          isDelimited || isBeginning || response.content === "more",
          "the client sees the cut",
        );
      } else assertEquals(fault === null || fault === "more", true);
      assertEquals(responses.length, i + (response === undefined ? 0 : 1));
      isCut = true;
      break;
    }
    assert(response !== undefined, "there is an answer");
    compare(response, script, asked, outcome);
    if (!response.isKeepAlive) break;
    const isAskedToEnd = asked.connection === "close" || asked.version === "1.0";
    assertEquals(isAskedToEnd, false);
  }
  assertEquals([made.length, server.ends.length], [answered, answered]);
  if (!isCut) assertEquals([rest, fault], ["", null]);
  for (const [i, { body, releases }] of made.entries()) {
    if (body !== null && !scripts[i].throws) {
      assert(body.hasEnded || body.isCancelled, "every source is told");
    }
    assertEquals(releases, scripts[i].throws ? 0 : 1);
  }
  assertEquals([server.wheel.armedCount, server.client.isClosed], [0, true]);
}

Deno.test("replies arrive as the handler meant them, or cut (property)", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(askedOnce, replyScript), { minLength: 1, maxLength: 3 }),
      fc.constantFrom(Infinity, Infinity, 1_000),
      check,
    ),
    fuzzSettings("replies", 5_000),
  );
});
