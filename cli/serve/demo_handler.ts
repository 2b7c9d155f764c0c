import { bodyFrom, type Exchange, type Handler, type Reply, reply } from "../../core/mod.ts";
import { sleep } from "../../timeout/mod.ts";
import { echoHandler } from "./echo_handler.ts";

/**
 * A small site to try a proxy with: a greeting, an echo, a download of any size, an event stream.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { toFetch } from "@pingo/pingo/core";
 * import { demoHandler } from "@pingo/pingo/cli";
 *
 * const fetch = toFetch(demoHandler());
 * const response = await fetch(new Request("http://localhost/bytes/1000"));
 * assertEquals((await response.bytes()).byteLength, 1000);
 * ```
 */
export function demoHandler(): Handler {
  const echo = echoHandler();
  return (exchange) => {
    const path = exchange.path ?? "";
    if (path === "/echo" || path.startsWith("/echo/")) return echo(exchange);
    if (path === "/events") return events(exchange);
    const bytes = /^\/bytes\/(\d{1,12})$/.exec(path);
    if (bytes !== null) return download(Number(bytes[1]));
    return path === "/" ? text(200, GREETING) : text(404, `There is no ${path} here.\n${PATHS}`);
  };
}

const PATHS = `
  /               this page
  /echo           what the proxy sends to the server behind it
  /bytes/1000000  a download of so many bytes
  /events         a stream of events, one each second
`;

const GREETING = `Hello! This page went through your proxy.

It comes from a demo server inside of it, because no TARGET was given.
What else there is:
${PATHS}
TARGET=127.0.0.1:3000 puts the proxy in front of your own server.
`;

function text(status: number, content: string): Reply {
  return reply(status, content, { headers: { "content-type": "text/plain; charset=utf-8" } });
}

const ZEROS = new Uint8Array(65_536);

function download(length: number): Reply {
  let left = length;
  const body = {
    length,
    read(): Promise<Uint8Array | null> {
      const chunk = ZEROS.subarray(0, Math.min(left, ZEROS.byteLength));
      left -= chunk.byteLength;
      return Promise.resolve(chunk.byteLength === 0 ? null : chunk);
    },
    cancel(): void {
      left = 0;
    },
  };
  return reply(200, body, {
    headers: { "content-type": "application/octet-stream", "content-length": String(length) },
  });
}

function events({ clock, signal }: Exchange): Reply {
  const encoder = new TextEncoder();
  async function* stream(): AsyncGenerator<Uint8Array> {
    for (let id = 1;; id++) {
      const time = new Date(clock.epoch()).toISOString();
      yield encoder.encode(`id: ${id}\ndata: ${time}\n\n`);
      await sleep(1_000, { clock, signal });
    }
  }
  return reply(200, bodyFrom(stream()), {
    headers: { "content-type": "text/event-stream", "cache-control": "no-store" },
  });
}
