import type { FetchHandler } from "../http/mod.ts";
import { CertificateStore } from "../tls/mod.ts";
import { bindTcp } from "./_bind_tcp.ts";
import type { EngineServer } from "./_engine_server.ts";
import { LastingServer, type LastingServerOptions } from "./_lasting_server.ts";
import { NAGLE_NOTE, turnNagleOff } from "./_no_delay.ts";
import { UnixSocketFile } from "./_unix_socket.ts";
import type { TcpListenAddress, UnixListenAddress } from "./listen_address.ts";
import type { CheckedListenOptions } from "./listen_options.ts";
import type { ListenerRefusals } from "./listener.ts";

const NONE: ListenerRefusals = { tooMany: 0, proxyHeader: 0 };

/** Starts the `deno` engine: `Deno.serve`, made to last. */
export function startDenoServer(
  options: CheckedListenOptions,
  fetch: FetchHandler,
): EngineServer | Promise<EngineServer> {
  const { address } = options;
  return address.transport === "unix"
    ? serveUnix(address, options, fetch)
    : serveTcp(address, options, fetch);
}

function serveTcp(
  address: TcpListenAddress,
  options: CheckedListenOptions,
  fetch: FetchHandler,
): EngineServer {
  const { reusePort } = options;
  // A store is refused where options are looked at.
  const tls = options.tls instanceof CertificateStore ? undefined : options.tls;
  let isNagleOn = false;
  const serve = (hostname: string, port: number): Deno.HttpServer<Deno.NetAddr> => {
    const server = Deno.serve({ ...silent(options), ...tls, hostname, port, reusePort }, fetch);
    if (tls !== undefined) isNagleOn ||= !turnNagleOff(server.addr.port);
    return server;
  };
  const { hostname, port, servers, note } = bindTcp(address, serve);
  const lasting = servers.map((server) =>
    new LastingServer(server, {
      ...survival(options),
      restart: () => serve(server.addr.hostname, server.addr.port),
    })
  );
  return {
    engine: "deno",
    protocols: tls === undefined ? ["HTTP/1.1", "h2c"] : ["HTTP/1.1", "HTTP/2"],
    address: { transport: "tcp", hostname, port },
    note: [note, isNagleOn ? NAGLE_NOTE : ""].filter((part) => part !== "").join(", "),
    refusals: NONE,
    hide: () => {},
    stop: () => stopAll(lasting),
  };
}

async function serveUnix(
  address: UnixListenAddress,
  options: CheckedListenOptions,
  fetch: FetchHandler,
): Promise<EngineServer> {
  let file = new UnixSocketFile(address, options.unixMode);
  const serve = (): Deno.HttpServer => {
    const answer: FetchHandler = (request, info) => fetch(withPlainScheme(request), info);
    const server = Deno.serve({ ...silent(options), path: file.bindPath }, answer);
    try {
      file.publish();
    } catch (error) {
      server.shutdown();
      throw error;
    }
    return server;
  };
  await file.check();
  const lasting = new LastingServer(serve(), {
    ...survival(options),
    restart: () => {
      file.remove();
      file = new UnixSocketFile(address, options.unixMode);
      return serve();
    },
  });
  return {
    engine: "deno",
    protocols: ["HTTP/1.1", "h2c"],
    address,
    note: "",
    refusals: NONE,
    hide: () => file.remove(),
    stop: () => lasting.stop(),
  };
}

const UNIX_SCHEME = "http+unix:";

/**
 * Deno writes `http+unix://` into the URLs that come over a unix socket. No client asked for that scheme,
 * and what reads URLs takes it for an attempt at another protocol.
 */
function withPlainScheme(request: Request): Request {
  const { url } = request;
  if (!url.startsWith(UNIX_SCHEME)) return request;
  const value = `http:${url.slice(UNIX_SCHEME.length)}`;
  // An own property in front of the getter: a new Request would rewrite the path.
  return Object.defineProperty(request, "url", { value });
}

/** No line on the console; and no page of Deno's for what should not happen. */
function silent(options: CheckedListenOptions): Deno.ServeOptions {
  return {
    onListen: () => {},
    onError: (error) => {
      options.onError(error, null);
      return new Response(null, { status: 500 });
    },
  };
}

function survival(options: CheckedListenOptions): Pick<LastingServerOptions, "clock" | "onError"> {
  return { clock: options.clock, onError: (error) => options.onError(error, null) };
}

async function stopAll(servers: readonly LastingServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()));
}
