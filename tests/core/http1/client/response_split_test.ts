import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { CancelSource, readAll, type Reply, requestHead } from "../../../../core/mod.ts";
import { ClientConnection, ClientContext } from "../../../../core/http1/client/mod.ts";
import { ProxyError } from "../../../../errors/mod.ts";
import { FakeClock, TimerWheel } from "../../../../timeout/mod.ts";
import { FakeConn } from "../../transport/_fake_upstream.ts";

// However the bytes of a response are split over reads, the same comes of it.

const decoder = new TextDecoder("utf-8");

interface Outcome {
  informational: number[];
  head: unknown;
  content: string;
  trailers: unknown;
  end: string;
}

/** What an exchange gives whose response comes in these pieces. */
async function outcomeOf(pieces: readonly string[], method: string): Promise<Outcome> {
  const wheel = new TimerWheel({ clock: new FakeClock() });
  const conn = new FakeConn();
  let end = "busy";
  const connection = new ClientConnection(conn, new ClientContext({ wheel }), {
    wantsBack: () => true,
    isIdle: () => end = "idle",
    hasEnded: (how) => end = how,
  });
  const outcome: Outcome = { informational: [], head: null, content: "", trailers: null, end: "" };
  const answer = connection.exchange(requestHead({ method, authority: "a" }), null, {
    cancel: new CancelSource(),
    observer: { informed: ({ status }) => outcome.informational.push(status) },
  });
  for (const piece of pieces) conn.receive(piece);
  conn.end();
  try {
    const reply: Reply = await answer;
    outcome.head = [reply.status, reply.reason, [...reply.headers]];
    if (reply.body !== null) {
      outcome.content = decoder.decode(await readAll(reply.body));
      outcome.trailers = [...reply.body.trailers ?? []];
    }
  } catch (error) {
    outcome.content = error instanceof ProxyError ? error.kind : String(error);
  }
  // The end of the connection comes with the parked read, or came before.
  await new Promise((resolve) => setTimeout(resolve, 0));
  // Whether stray bytes were seen before or after the connection was closed is a matter of time.
  outcome.end = end === "dirty" ? "used" : end;
  connection.close();
  return outcome;
}

const field = fc.constantFrom("X-A: 1", "x-b:  two ", "Set-Cookie: c=d", "Keep-Alive: timeout=5");
const text = fc.string({ unit: fc.constantFrom("a", "b", "\r", "\n", "0", ":"), maxLength: 60 });

/** Responses, most of them good. */
const response = fc.record({
  interim: fc.array(fc.constantFrom(100, 102, 103), { maxLength: 2 }),
  status: fc.constantFrom(200, 204, 304, 404, 500),
  fields: fc.array(field, { maxLength: 4 }),
  framing: fc.constantFrom("length", "chunked", "close", "none", "both"),
  chunks: fc.array(text, { maxLength: 4 }),
  trailers: fc.array(fc.constantFrom("X-T: 1", "Host: b", "bad"), { maxLength: 2 }),
  missing: fc.constantFrom(0, 0, 0, 1, 7),
  stray: fc.constantFrom("", "", "", "x"),
}).map((one) => {
  const interim = one.interim.map((status) => `HTTP/1.1 ${status} I\r\nX-I: 1\r\n\r\n`).join("");
  const content = one.chunks.join("");
  const fields: string[] = [...one.fields];
  if (one.framing === "length" || one.framing === "both") {
    fields.push(`Content-Length: ${content.length}`);
  }
  if (one.framing === "chunked" || one.framing === "both") {
    fields.push("Transfer-Encoding: chunked");
  }
  const chunks = one.chunks.filter((chunk) => chunk !== "")
    .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
  const coded = `${chunks}0\r\n${one.trailers.map((line) => `${line}\r\n`).join("")}\r\n`;
  const body = one.framing === "chunked" ? coded : one.framing === "none" ? "" : content;
  const head = `HTTP/1.1 ${one.status} R\r\n${fields.map((line) => `${line}\r\n`).join("")}\r\n`;
  const whole = `${interim}${head}${body}${one.stray}`;
  return whole.slice(0, whole.length - one.missing);
});

function split(whole: string, cuts: readonly number[]): string[] {
  const at = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].sort((a, b) => a - b);
  const pieces: string[] = [];
  let from = 0;
  for (const to of [...at, whole.length]) {
    if (to > from) pieces.push(whole.slice(from, to));
    from = to;
  }
  return pieces;
}

Deno.test("ClientConnection takes a response the same way however it is split", async () => {
  const seed = Number(Deno.env.get("FC_SEED") ?? Date.now());
  console.log(`seed ${seed}`);
  await fc.assert(
    fc.asyncProperty(
      response,
      fc.constantFrom("GET", "HEAD"),
      fc.array(fc.nat(), { maxLength: 12 }),
      async (whole, method, cuts) => {
        const expected = await outcomeOf([whole], method);
        const bytewise = await outcomeOf([...whole], method);
        const pieces = await outcomeOf(split(whole, cuts), method);
        // Stray bytes that come later are found by the parked read, with the same end.
        assertEquals(pieces, expected);
        assertEquals(bytewise, expected);
      },
    ),
    { seed, numRuns: 700 },
  );
});
