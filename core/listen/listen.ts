import { type FetchHandler, type Handler, toFetch } from "../http/mod.ts";
import { startDenoServer } from "./_deno_server.ts";
import { startWireServer, type WireServerOptions } from "./_wire_server.ts";
import { EngineListener } from "./_engine_listener.ts";
import { InFlight } from "./_in_flight.ts";
import { listenFailure } from "./_listen_failure.ts";
import type { Listener } from "./listener.ts";
import { ListenError } from "./listen_error.ts";
import {
  type CheckedListenOptions,
  checkListenOptions,
  type ListenOptions,
} from "./listen_options.ts";

/**
 * Listens for requests and answers them with a handler.
 *
 * @throws {TypeError} when the address or the combination of options makes no sense
 * @throws {RangeError} when the engine or the mode does not exist
 * @throws {ListenError} when the system refuses: the port is taken, the certificate is not usable
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { listen, reply } from "@pingo/pingo/core";
 *
 * await using listener = await listen({ address: "127.0.0.1:0" }, () => reply(200, "hello"));
 * const response = await fetch(listener.url);
 * assertEquals(await response.text(), "hello");
 * ```
 */
export async function listen(options: ListenOptions, handler: Handler): Promise<Listener> {
  const checked = checkListenOptions(options);
  const { address, tls, reusePort, clock } = checked;
  // Without the flag Deno ends the process; the function comes with the same flag.
  if (reusePort && !("listenDatagram" in Deno)) {
    throw new ListenError(
      "flag_missing",
      address,
      'reusePort takes the flag --unstable-net, or "unstable": ["net"] in deno.json',
    );
  }
  const inFlight = new InFlight();
  let isDraining = false;
  const fetch = fetchFor(handler, checked, inFlight, () => isDraining);
  try {
    const server = checked.engine === "deno"
      ? await startDenoServer(checked, fetch)
      : await startWireServer({
        listen: checked,
        connection: hooksFor(inFlight.refuse(handler), checked, inFlight, () => isDraining),
        fetch,
      });
    const onDrain = (): void => {
      isDraining = true;
    };
    return new EngineListener({ server, inFlight, clock, onDrain, hasTls: tls !== undefined });
  } catch (error) {
    throw listenFailure(error, address, { hasTls: tls !== undefined });
  }
}

/** What an engine does beside answering: it is the same for both. */
function hooksFor(
  handler: Handler,
  options: CheckedListenOptions,
  inFlight: InFlight,
  isDraining: () => boolean,
): WireServerOptions["connection"] {
  const { onExchange, onError, onReply, replyTo } = options;
  return {
    handler,
    onExchange: (exchange) => {
      inFlight.add(exchange);
      onExchange(exchange);
    },
    errorReply: (error, exchange) => {
      onError(error, exchange);
      return replyTo(error, exchange);
    },
    onReply: (reply, exchange) => {
      onReply(reply, exchange);
      // On HTTP/2, where the field is forbidden, hyper leaves it out (measured).
      if (isDraining() && reply.tunnel === undefined) reply.headers.set("connection", "close");
    },
    onListenerError: (error) => onError(error, null),
  };
}

function fetchFor(
  handler: Handler,
  options: CheckedListenOptions,
  inFlight: InFlight,
  isDraining: () => boolean,
): FetchHandler {
  const { clock, tls } = options;
  const { errorReply, ...hooks } = hooksFor(
    inFlight.guard(handler),
    options,
    inFlight,
    isDraining,
  );
  return toFetch(hooks.handler, {
    ...hooks,
    clock,
    scheme: tls === undefined ? "http" : "https",
    onError: errorReply,
  });
}
