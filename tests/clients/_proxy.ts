import {
  cloneRequestHead,
  type ExchangeEnd,
  fetchTransport,
  http1Transport,
  listen,
  type Listener,
  type ListenTls,
  type RequestHead,
  type Transport,
} from "../../core/mod.ts";
import { HttpProxy, type HttpProxyOptions } from "../../proxy/mod.ts";

/** An engine and a transport that proxies run on. */
export interface Ground {
  readonly name: string;
  readonly engine: "deno" | "wire";
  readonly transport: () => Transport;
}

/** The own HTTP/1.1 on both sides: what real clients have to get along with. */
export const wire: Ground = {
  name: "wire, http1",
  engine: "wire",
  transport: () => http1Transport(),
};

/** The platform's HTTP on both sides: no tunnels, and else the same for a client. */
export const platform: Ground = {
  name: "deno, fetch",
  engine: "deno",
  transport: () => fetchTransport(),
};

/** Options of {@linkcode serveProxy}. */
export interface ServeProxyOptions
  extends Pick<HttpProxyOptions, "upstream" | "forwarding" | "timeouts"> {
  /** @default {wire} */
  readonly ground?: Ground;
  /** @default {"127.0.0.1:0"} */
  readonly address?: string;
  readonly tls?: ListenTls;
}

/** A proxy that real programs talk to. */
export interface ServedProxy extends AsyncDisposable {
  readonly listener: Listener;
  /** Its URL without a slash at the end. */
  readonly url: string;
  /** The heads of requests as they came in, in their order. */
  readonly requests: readonly RequestHead[];
  /** How exchanges ended, in the order of their ends. */
  readonly ends: readonly ExchangeEnd[];
  /** Resolves when so many exchanges have ended. */
  ended(count: number): Promise<void>;
}

/** Listens with an `HttpProxy` on a free port, and notes what comes in and how it ends. */
export async function serveProxy(options: ServeProxyOptions): Promise<ServedProxy> {
  const { upstream, forwarding, timeouts, ground = wire, address = "127.0.0.1:0", tls } = options;
  const requests: RequestHead[] = [];
  const ends: ExchangeEnd[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const transport = ground.transport();
  const proxy = new HttpProxy({
    upstream,
    transport,
    forwarding,
    timeouts,
    filters: [{
      earlyRequest: ({ request }) => {
        requests.push(cloneRequestHead(request));
      },
      finished: (_, end) => {
        ends.push(end);
        for (const one of waiting) if (ends.length >= one.count) one.resolve();
      },
    }],
  });
  const listener = await listen({
    address,
    engine: ground.engine,
    tls,
    // A client that has left is noticed at once; the default gives the half-closed ones a second.
    ...(ground.engine === "wire" && { limits: { halfClosedGraceMs: 20 } }),
  }, proxy.handle);
  return {
    listener,
    url: listener.url,
    requests,
    ends,
    ended: (count) =>
      new Promise((resolve) => {
        if (ends.length >= count) resolve();
        else waiting.push({ count, resolve });
      }),
    async [Symbol.asyncDispose]() {
      await listener.close();
      await proxy[Symbol.asyncDispose]();
      await transport[Symbol.asyncDispose]();
    },
  };
}
