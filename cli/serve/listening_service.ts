import type { CertificateFile, Listener, Service } from "../../core/mod.ts";
import { formatListenAddress } from "../../core/mod.ts";
import type { ServeSettings } from "./serve_settings.ts";

/** How one of its addresses is listened on. */
export interface ListeningOptions {
  /** Whether other processes may listen there too. */
  reusePort?: boolean;
}

/** A service that listens: an `HttpService`, a `ProxyService`. */
export interface ListeningService extends Service {
  /** Where it listens, once it has started. */
  readonly listeners: readonly Listener[];
  /** Adds an address without TLS. */
  addTcp(address: string, options?: ListeningOptions): unknown;
  /** Adds an address with TLS, whose certificate follows its files. */
  addTls(address: string, tls: CertificateFile, options?: ListeningOptions): unknown;
  /** Adds a unix socket. */
  addUnix(path: string): unknown;
}

/**
 * Has a service listen where LISTEN says, with the certificate of CERT and KEY, as REUSE_PORT says alone or
 * beside others.
 *
 * @returns the service
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createLogger, HttpService, reply, Server } from "@pingo/pingo";
 * import { listenBy, readServeSettings } from "@pingo/pingo/cli";
 *
 * const settings = await readServeSettings(() => undefined, { listen: "127.0.0.1:0" });
 * const hello = listenBy(settings, new HttpService("hello", () => reply(200, "hello")));
 * await using server = new Server({ logger: createLogger({ level: "error" }) });
 * await server.addService(hello).start();
 * assertEquals(await (await fetch(hello.listeners[0].url)).text(), "hello");
 * ```
 */
export function listenBy<S extends ListeningService>(
  { listen, tls, reusePort }: Pick<ServeSettings, "listen" | "tls" | "reusePort">,
  service: S,
): S {
  if (listen.transport === "unix") service.addUnix(listen.path);
  else if (tls === undefined) service.addTcp(formatListenAddress(listen), { reusePort });
  else service.addTls(formatListenAddress(listen), tls, { reusePort });
  return service;
}
