import type { FetchHandler } from "../http/mod.ts";

/** An HTTP/2 connection that Deno serves. */
export interface H2Server {
  /** Settles when the connection has ended. */
  readonly finished: Promise<void>;
  /** Ends it when its streams have ended. */
  shutdown(): Promise<void>;
}

/** Hands a connection whose TLS handshake has chosen HTTP/2 to the server inside Deno. */
export type ServeH2 = (connection: Deno.TlsConn, fetch: FetchHandler) => H2Server;

/**
 * The HTTP/2 server inside Deno, for one connection. It is not public API, so that it is looked for, and
 * where it is missing, TLS offers HTTP/1.1 alone and the start line says so.
 *
 * `Deno.serve` itself cannot take a connection; the HTTP/2 server of node:http2 corrupts the heap under
 * load.
 */
export function findServeH2(): ServeH2 | null {
  const inside: unknown = Reflect.get(Deno, Reflect.get(Deno, "internal"));
  if (typeof inside !== "object" || inside === null) return null;
  const serve: unknown = Reflect.get(inside, "serveHttpOnConnection");
  if (typeof serve !== "function" || serve.length !== 5) return null;
  return (connection, fetch) => {
    const onError = (): Response => new Response(null, { status: 500 });
    // Its signal must not be used after a shutdown: it ends the process then. Nobody fires this one.
    const { signal } = new AbortController();
    const server: unknown = serve(connection, signal, fetch, onError, () => {});
    if (!isH2Server(server)) throw new TypeError("Cannot serve HTTP/2: Deno has changed inside");
    return server;
  };
}

function isH2Server(server: unknown): server is H2Server {
  return typeof server === "object" && server !== null && "finished" in server &&
    "shutdown" in server;
}
