import { assertEquals } from "@std/assert";
import type { Filter } from "../../../proxy/mod.ts";
import type { ProxyServiceConfig } from "../../../proxy/service/mod.ts";
import { deadAddress } from "../../support/ports.ts";
import { rawClient, type RawConnection, rawServer, signalOf } from "../../support/raw.ts";
import { type RunningService, startService } from "./_service.ts";

/** Who takes part. */
interface Scene {
  readonly running: RunningService;
  readonly client: RawConnection;
  /** Resolves when the place is reached. */
  readonly reached: Promise<void>;
}

/** One place where an exchange may be when something happens. */
interface AwaitPoint {
  readonly name: string;
  /** What the upstream does with its connection; `reach` says that the place is reached. */
  readonly upstream?: (connection: RawConnection, reach: () => void) => Promise<void>;
  readonly config?: (reach: () => void) => Partial<ProxyServiceConfig>;
  /** The request; a GET when left out. */
  readonly request?: string;
  /** What happens once the place is reached; the client leaves when left out. */
  readonly then?: (scene: Scene) => Promise<void>;
  readonly status: number;
  /** The kind of the error. */
  readonly error: string | null;
}

const GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const UPLOAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbeginning";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const PART = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\npart";

/** Never settles. */
const never = new Promise<never>(() => {});

/** Answers at once. */
const answer = async (connection: RawConnection): Promise<void> => {
  await connection.readUntil("\r\n\r\n");
  await connection.send(OK);
};

/** A config whose one hook waits for ever. */
function hanging(hook: (wait: () => Promise<never>) => Filter): AwaitPoint["config"] {
  return (reach) => ({
    filters: [hook(() => {
      reach();
      return never;
    })],
  });
}

/** Reads to the end of the connection. */
const readOn = async ({ client }: Scene): Promise<void> => {
  await client.readToEnd();
};

/** Leaves when the place is reached. */
const leave = async ({ running, client, reached }: Scene): Promise<void> => {
  await reached;
  assertEquals(running.metric("pingo_http_requests_in_flight"), 1);
  client.close();
};

const POINTS: readonly AwaitPoint[] = [
  {
    name: "all went well",
    upstream: answer,
    request: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    then: readOn,
    status: 200,
    error: null,
  },
  {
    name: "the client leaves in earlyRequest",
    config: hanging((wait) => ({ earlyRequest: wait })),
    status: 499,
    error: "client_gone",
  },
  {
    name: "the client leaves in request",
    config: hanging((wait) => ({ request: wait })),
    status: 499,
    error: "client_gone",
  },
  {
    name: "the client leaves in a middleware",
    config: (reach) => ({
      middleware: [(next) => async (exchange) => {
        reach();
        await new Promise((resolve) => exchange.cancel.onCancel(resolve));
        return next(exchange);
      }],
    }),
    status: 499,
    error: "client_gone",
  },
  {
    name: "the client leaves in proxyUpstream",
    config: hanging((wait) => ({ proxyUpstream: wait })),
    status: 499,
    error: "client_gone",
  },
  {
    name: "the client leaves in upstreamRequest",
    config: hanging((wait) => ({ upstreamRequest: wait })),
    status: 499,
    error: "client_gone",
  },
  {
    name: "nobody listens",
    config: () => ({ upstreams: [deadAddress()] }),
    then: readOn,
    request: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    status: 502,
    error: "connect_refused",
  },
  {
    name: "the client leaves while the upstream thinks",
    upstream: async (connection, reach) => {
      await connection.readUntil("\r\n\r\n");
      reach();
      await connection.readToEnd();
    },
    status: 499,
    error: "client_gone",
  },
  {
    name: "the client leaves in the middle of its upload",
    request: UPLOAD,
    upstream: async (connection, reach) => {
      await connection.readUntil("beginning");
      reach();
      await connection.readToEnd();
    },
    // Who stops to send may still listen.
    status: 400,
    error: "client_body_broken",
  },
  {
    name: "the upstream takes too long",
    config: () => ({ timeouts: { headMs: 20 } }),
    request: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    upstream: async (connection) => void await connection.readToEnd(),
    then: readOn,
    status: 504,
    error: "upstream_timeout",
  },
  {
    name: "the upstream hangs up without an answer",
    request: "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    upstream: async (connection) => void await connection.readUntil("\r\n\r\n"),
    then: readOn,
    status: 502,
    error: "connection_reset",
  },
  {
    name: "the client leaves in upstreamResponse",
    upstream: answer,
    config: hanging((wait) => ({ upstreamResponse: wait })),
    status: 499,
    error: "client_gone",
  },
  {
    name: "the client leaves in response",
    upstream: answer,
    config: hanging((wait) => ({ response: wait })),
    status: 499,
    error: "client_gone",
  },
  {
    name: "the client leaves in responseBody",
    upstream: answer,
    config: hanging((wait) => ({ responseBody: wait })),
    status: 200,
    error: "client_gone",
  },
  {
    name: "the client leaves in the middle of the answer",
    upstream: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.send(PART);
      await connection.readToEnd();
    },
    then: async ({ client }) => {
      await client.readUntil("part");
      client.close();
    },
    status: 200,
    error: "client_gone",
  },
  {
    name: "the upstream breaks off in the middle of the answer",
    upstream: async (connection) => {
      await connection.readUntil("\r\n\r\n");
      await connection.send(PART);
    },
    then: readOn,
    status: 200,
    error: "upstream_body_broken",
  },
  {
    name: "a hook throws",
    config: () => ({
      filters: [{
        request() {
          throw new Error("a defect");
        },
      }],
    }),
    request: "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    then: readOn,
    status: 500,
    error: "filter_failed",
  },
  {
    name: "the server's time to stop is over",
    upstream: async (connection, reach) => {
      await connection.readUntil("\r\n\r\n");
      reach();
      await connection.readToEnd();
    },
    then: async ({ running, reached }) => {
      await reached;
      await running.server.stop({ deadlineMs: 0 });
    },
    status: 503,
    error: "server_stopping",
  },
];

for (const engine of ["deno", "wire"] as const) {
  for (
    const { name, upstream = answer, config, request = GET, then = leave, status, error } of POINTS
  ) {
    Deno.test(`ProxyService (${engine}) ends an exchange once and counts it out when ${name}`, async () => {
      const reached = signalOf();
      await using origin = rawServer((connection) => upstream(connection, reached.resolve));
      await using running = await startService({
        upstreams: [origin.address],
        retry: { maxAttempts: 1 },
        ...config?.(reached.resolve),
      }, { engine });
      using client = await rawClient(running.port);
      await client.send(request);
      await then({ running, client, reached: reached.promise });
      await running.whenEnded(1);
      await running.server.stop();
      const [end] = running.ends;
      assertEquals([running.ends.length, end.status, end.error?.kind ?? null], [1, status, error]);
      assertEquals(running.metric("pingo_http_requests_in_flight"), 0);
      assertEquals(running.metric("pingo_http_requests_total"), 1);
      assertEquals(running.metric("pingo_http_errors_total"), error === null ? 0 : 1);
      assertEquals(running.service.inFlight, 0);
    });
  }
}
