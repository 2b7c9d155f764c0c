import { ProxyError } from "../../errors/mod.ts";
import type { Peer } from "../http/mod.ts";

/** Bounds of the connection pools under `fetch`. */
export interface HttpClientsOptions {
  maxIdlePerPeer: number;
  idleTimeoutMs: number;
}

/**
 * The `Deno.HttpClient`s of a fetch transport: one for each way of reaching peers, because trust, client
 * certificates, unix sockets and groups belong to the client. Each has a twin without a pool.
 */
export class HttpClients {
  readonly #options: HttpClientsOptions;
  readonly #byKey = new Map<string, Deno.HttpClient>();
  #isClosed = false;

  constructor(options: HttpClientsOptions) {
    this.#options = options;
  }

  get(peer: Peer, mayReuse: boolean): Deno.HttpClient {
    if (this.#isClosed) {
      throw new ProxyError("server_stopping", "Cannot use the fetch transport: it is closed");
    }
    const key = keyOf(peer, mayReuse);
    let client = this.#byKey.get(key);
    if (client === undefined) {
      client = this.#create(peer, mayReuse);
      this.#byKey.set(key, client);
    }
    return client;
  }

  close(): void {
    this.#isClosed = true;
    for (const client of this.#byKey.values()) client.close();
    this.#byKey.clear();
  }

  #create(peer: Peer, mayReuse: boolean): Deno.HttpClient {
    const { tls } = peer;
    if (tls?.serverName !== undefined && tls.serverName !== peer.hostname) {
      throw new ProxyError(
        "internal",
        "Cannot use a TLS server name besides the host name: fetch has no way to say it",
      );
    }
    const certificate = tls?.cert !== undefined && tls.key !== undefined
      ? { cert: tls.cert, key: tls.key }
      : {};
    return Deno.createHttpClient({
      allowHost: true,
      // Host cannot be set together with HTTP/2.
      http2: false,
      poolMaxIdlePerHost: mayReuse ? this.#options.maxIdlePerPeer : 0,
      poolIdleTimeout: this.#options.idleTimeoutMs,
      ...(tls?.caCerts !== undefined && { caCerts: [...tls.caCerts] }),
      ...(peer.transport === "unix" && {
        proxy: { transport: "unix" as const, path: peer.hostname },
      }),
      ...certificate,
    });
  }
}

function keyOf(peer: Peer, mayReuse: boolean): string {
  const { tls, group = "" } = peer;
  const socket = peer.transport === "unix" ? peer.hostname : "";
  if (tls === undefined && group === "" && socket === "") return mayReuse ? "+" : "-";
  return JSON.stringify([
    mayReuse,
    socket,
    group,
    tls?.caCerts,
    tls?.cert,
    tls?.key,
    tls?.serverName,
  ]);
}
