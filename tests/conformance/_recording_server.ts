import {
  type Body,
  type Exchange,
  listen,
  type Listener,
  type ListenOptions,
  reply,
} from "../../core/mod.ts";

/** A server that notes what it was asked, connection by connection. */
export interface RecordingServer extends AsyncDisposable {
  readonly port: number;
  readonly listener: Listener;
  /** What came over the connection from this port. */
  seen(clientPort: number): readonly string[];
}

/** Starts one with the wire engine on a free port. */
export async function recordingServer(
  options: Partial<ListenOptions> = {},
): Promise<RecordingServer> {
  const connections = new Map<number, string[]>();
  const listener = await listen(
    { address: "127.0.0.1:0", engine: "wire", ...options },
    async (exchange) => {
      const { port } = exchange.client;
      const seen = connections.get(port) ?? [];
      connections.set(port, seen);
      const { request } = exchange;
      const head = `${request.method} ${request.target} ${request.authority}`;
      const place = seen.push(head) - 1;
      try {
        seen[place] += await contentOf(exchange);
      } catch (error) {
        seen[place] += " broken";
        throw error;
      }
      return reply(200, "ok");
    },
  );
  const { address } = listener;
  return {
    port: address.transport === "tcp" ? address.port : 0,
    listener,
    seen: (clientPort) => connections.get(clientPort) ?? [],
    [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
  };
}

async function contentOf({ body }: Exchange): Promise<string> {
  if (body === null) return "";
  const content = await textOf(body);
  const trailers = [...body.trailers ?? []].map(([name, value]) => ` ${name}=${value}`).join("");
  return (content === "" ? "" : ` ${content}`) + trailers;
}

async function textOf(body: Body): Promise<string> {
  let text = "";
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
    for (const byte of chunk) text += String.fromCharCode(byte);
  }
  return text;
}
