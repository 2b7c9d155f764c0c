import {
  type Body,
  drain,
  type Exchange,
  HeaderList,
  readText,
  type Reply,
  reply,
  responseHead,
  type Tunnel,
  untilCancelled,
} from "../../core/mod.ts";
import { ProxyError } from "../../errors/mod.ts";
import { ScriptedBody } from "./_scripted_body.ts";

/** What is checked of everything that a scenario has opened. */
export interface Opened {
  /** Whether nothing of it is left. */
  readonly isDone: () => boolean;
  readonly name: string;
}

/** A course of events, at each call of which something can go wrong. */
export interface Scenario {
  readonly name: string;
  /** What the client sends, one read after the other. */
  readonly sends: readonly string[];
  readonly handler: (exchange: Exchange, opened: Opened[]) => Reply | Promise<Reply>;
  /** How it ends when nothing goes wrong: the status of each exchange. */
  readonly statuses: readonly number[];
  /** Whether the handler waits as long as the client does, which is not the connection's to bound. */
  readonly isPatient?: boolean;
  /** Whether the handler leaves with a chunk in its hands, whose buffer does not come back. */
  readonly keepsChunk?: boolean;
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST = "POST / HTTP/1.1\r\nHost: a\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n\r\n";

/** A reply whose content comes piece by piece. */
function streamed(opened: Opened[], length?: number): Reply {
  const body = new ScriptedBody({
    pieces: ["abc", "", "d".repeat(3_000), "e"],
    breaksBehind: null,
    wait: 2,
    isReady: undefined,
    length,
    trailers: length === undefined ? [["X-Sum", "1"]] : null,
  });
  return { ...reply(200), body: watched(body, opened) };
}

function watched(body: ScriptedBody, opened: Opened[]): Body {
  opened.push({ name: "body of the reply", isDone: () => body.hasEnded || body.isCancelled });
  return body;
}

/** A tunnel that gives back what it gets. */
function echo(opened: Opened[]): Tunnel {
  const waiting: (Uint8Array | null)[] = [];
  let reader: ((bytes: Uint8Array | null) => void) | null = null;
  let isClosed = false;
  const put = (bytes: Uint8Array | null) => {
    if (reader === null) waiting.push(bytes);
    else reader(bytes);
    reader = null;
  };
  opened.push({ name: "tunnel", isDone: () => isClosed });
  return {
    read: () =>
      new Promise((resolve) => {
        if (waiting.length > 0) resolve(waiting.shift() ?? null);
        else if (isClosed) resolve(null);
        else reader = resolve;
      }),
    write: (bytes) => {
      put(bytes.slice());
      return Promise.resolve();
    },
    closeWrite: () => Promise.resolve(put(null)),
    close: () => {
      isClosed = true;
      put(null);
    },
  };
}

export const scenarios: readonly Scenario[] = [
  {
    name: "a short reply",
    sends: [GET.slice(0, 10), GET.slice(10)],
    handler: () => reply(200, "hello"),
    statuses: [200],
  },
  {
    name: "a close that is asked for",
    sends: ["GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "more"],
    handler: () => reply(200, "hello"),
    statuses: [200],
  },
  {
    name: "three requests in a row",
    sends: [GET + GET.slice(0, 5), GET.slice(5) + GET],
    handler: () => reply(200, "hello"),
    statuses: [200, 200, 200],
  },
  {
    name: "a head that needs a larger buffer",
    sends: [GET.slice(0, -2), `X: ${"x".repeat(2_000)}`, `${"x".repeat(20_000)}\r\n\r\n`, GET],
    handler: () => reply(200, "hello"),
    statuses: [200, 200],
  },
  {
    name: "what is no request",
    sends: ["GET /\r\n\r\n", GET],
    handler: () => reply(200),
    statuses: [400],
  },
  {
    name: "counted content",
    sends: [`${POST}Content-Length: 10\r\n\r\nhel`, "lo", `world${GET}`],
    handler: async ({ body }) => reply(200, body === null ? "" : await readText(body)),
    statuses: [200, 200],
  },
  {
    name: "content in chunks, with trailers",
    sends: [`${POST}${CHUNKED}3\r\nab`, "c\r\n0", `\r\nX-Sum: 1\r\n\r\n${GET}`],
    handler: async ({ body }) => reply(200, body === null ? "" : await readText(body)),
    statuses: [200, 200],
  },
  {
    name: "content that is asked for",
    sends: [`${POST}Expect: 100-continue\r\nContent-Length: 5\r\n\r\n`, "hello"],
    handler: async ({ body }) => reply(200, body === null ? "" : await readText(body)),
    statuses: [200],
  },
  {
    name: "content that nobody reads",
    sends: [`${POST}Content-Length: 10\r\n\r\nhel`, "loworld", GET],
    handler: () => reply(200, "hello"),
    statuses: [200, 200],
  },
  {
    name: "content that is refused",
    sends: [`${POST}${CHUNKED}3\r\nabc\r\nx\r\n`],
    handler: async ({ body }) => reply(200, body === null ? "" : await readText(body)),
    statuses: [400],
  },
  {
    name: "a stream",
    sends: [GET + GET],
    handler: (_, opened) => streamed(opened),
    statuses: [200, 200],
  },
  {
    name: "a stream of known length",
    sends: [GET],
    handler: (_, opened) => streamed(opened, 3_004),
    statuses: [200],
  },
  {
    name: "a stream without its length, to HTTP/1.0",
    sends: ["GET / HTTP/1.0\r\n\r\n"],
    handler: (_, opened) => streamed(opened),
    statuses: [200],
  },
  {
    name: "a stream that breaks",
    sends: [GET],
    handler: (_, opened) => {
      const script = { wait: 1, isReady: undefined, length: undefined, trailers: null };
      const body = new ScriptedBody({ pieces: ["abc", "def"], breaksBehind: 1, ...script });
      return { ...reply(200), body: watched(body, opened) };
    },
    statuses: [200],
  },
  {
    name: "content and its answer at the same time",
    sends: [`${POST}Content-Length: 9\r\n\r\nabc`, "def", `ghi${GET}`],
    handler: ({ body }) => {
      if (body === null) return reply(200);
      return { ...reply(200), body: { read: () => body.read(), cancel: () => body.cancel() } };
    },
    statuses: [200, 200],
  },
  {
    name: "interim responses",
    sends: [GET, GET],
    handler: (exchange) => {
      exchange.inform(responseHead(102));
      exchange.inform(responseHead(103, [["Link", "<a>"]]));
      return reply(200, "hello");
    },
    statuses: [200, 200],
  },
  {
    name: "an upgrade",
    sends: [
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nearly",
      "later",
    ],
    handler: (_, opened) => ({
      ...reply(101, null, { headers: { upgrade: "x", connection: "upgrade" } }),
      tunnel: echo(opened),
    }),
    statuses: [101],
  },
  {
    name: "a handler that throws",
    sends: [GET, GET],
    handler: () => {
      throw new ProxyError("no_upstream");
    },
    statuses: [503, 503],
  },
  {
    name: "a handler that throws in the middle of content",
    sends: [`${POST}Content-Length: 6\r\n\r\nabc`, "def", GET],
    handler: async ({ body }) => {
      await body?.read();
      throw new ProxyError("no_upstream");
    },
    statuses: [503, 503],
    keepsChunk: true,
  },
  {
    name: "a reply that cannot be written",
    sends: [GET],
    handler: (_, opened) => ({ ...streamed(opened), reason: "a\r\nb" }),
    statuses: [500],
  },
  {
    name: "an exchange that is aborted in its reply",
    sends: [GET],
    handler: (exchange, opened) => {
      const answer = streamed(opened);
      const { body } = answer;
      if (body === null) return answer;
      let reads = 0;
      const read = () => {
        if (++reads === 3) exchange.abort(new ProxyError("deadline_exceeded"));
        return body.read();
      };
      return { ...answer, body: { read, cancel: (reason) => body.cancel(reason) } };
    },
    statuses: [200],
  },
  {
    name: "a handler that waits until its client has gone",
    sends: [GET],
    handler: async ({ cancel }) => {
      await untilCancelled(new Promise(() => {}), cancel);
      return reply(200);
    },
    statuses: [499],
    isPatient: true,
  },
  {
    name: "content that is drained in a handler, and answered with trailers",
    sends: [`${POST}${CHUNKED}3\r\nabc\r\n0\r\n\r\n`, GET],
    handler: async ({ body }, opened) => {
      if (body !== null) await drain(body);
      return { ...streamed(opened), headers: new HeaderList([["Trailer", "X-Sum"]]) };
    },
    statuses: [200, 200],
  },
];
