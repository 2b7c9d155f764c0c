import { brotliCompressSync, gzipSync } from "node:zlib";
import { gradientBitmap } from "./_gradient_bitmap.ts";

/** Answers what comes for one path. */
export type Route = (request: Request) => Response | Promise<Response>;

/** A server with a small site, as upstream: Deno's own, so that no code of the proxy is on both sides. */
export interface Site extends AsyncDisposable {
  /** Its `host:port`. */
  readonly address: string;
  /** How often each path was asked for. */
  readonly counts: ReadonlyMap<string, number>;
}

interface StaticFile {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Record<string, string>;
}

/** The files of the site by their paths, encoded as the servers of the real world do it. */
export const siteFiles: Readonly<Record<string, StaticFile>> = {
  "/": encoded("index.html", "text/html; charset=utf-8", "gzip"),
  "/style.css": encoded("style.css", "text/css", "br"),
  "/client.js": encoded("client.js", "text/javascript", "br"),
  "/gradient.bmp": { bytes: gradientBitmap(256), headers: { "content-type": "image/bmp" } },
};

function encoded(name: string, type: string, encoding: "gzip" | "br"): StaticFile {
  const plain = Deno.readFileSync(new URL(`site/${name}`, import.meta.url));
  const bytes = encoding === "gzip" ? gzipSync(plain) : brotliCompressSync(plain);
  return {
    bytes: new Uint8Array(bytes),
    headers: { "content-type": type, "content-encoding": encoding, vary: "accept-encoding" },
  };
}

/** Serves the site on a free port; `routes` answer for the paths that a test is about. */
export function serveSite(routes: Readonly<Record<string, Route>> = {}): Site {
  const counts = new Map<string, number>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname } = new URL(request.url);
    counts.set(pathname, (counts.get(pathname) ?? 0) + 1);
    const route = routes[pathname];
    if (route !== undefined) return route(request);
    const file = siteFiles[pathname];
    if (file === undefined) return new Response("Not found", { status: 404 });
    return new Response(file.bytes, { headers: file.headers });
  });
  return {
    address: `127.0.0.1:${server.addr.port}`,
    counts,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
