import { listen, reply } from "../../../core/mod.ts";
import { rateOf } from "../../../limits/mod.ts";
import { Program } from "../../examples/_program.ts";

/** What came of a load on proxies that share a limit. */
export interface ContendedProxies {
  readonly requests: number;
  /** Requests that reached the upstream. */
  readonly passed: number;
  /** By proxy, how many answers were 200. */
  readonly byProxy: readonly number[];
  /** The most that the rule allows in the time: a whole bucket, and what came in meanwhile. */
  readonly mostAllowed: number;
  readonly statuses: readonly number[];
  /** How often a proxy went without Redis, as it does where that does not answer within 100 ms. */
  readonly lapses: number;
}

/** Clients of each proxy. */
const CLIENTS = 8;

/** Lets clients ask proxies, in processes of their own, without a pause. */
export async function contendProxies(
  redisUrl: string,
  options: { proxies: number; ms: number; rate: string },
): Promise<ContendedProxies> {
  const { proxies, ms, rate } = options;
  let passed = 0;
  await using upstream = await listen({ address: "127.0.0.1:0" }, () => {
    passed++;
    return reply(200, "behind");
  });
  const programs = await Promise.all(
    Array.from({ length: proxies }, () =>
      Program.start(["examples/rate_limit.ts"], {
        TARGET: upstream.url,
        RATE: rate,
        REDIS_URL: redisUrl,
      })),
  );
  try {
    const byProxy = programs.map(() => 0);
    const statuses = new Set<number>();
    let requests = 0;
    const start = performance.now();
    const client = async (at: number): Promise<void> => {
      const url = programs[at].url("proxy");
      while (performance.now() - start < ms) {
        const response = await fetch(url);
        await response.body?.cancel();
        requests++;
        statuses.add(response.status);
        if (response.status === 200) byProxy[at]++;
      }
    };
    await Promise.all(
      programs.flatMap((_, at) => Array.from({ length: CLIENTS }, () => client(at))),
    );
    const { limit, windowMs } = rateOf(rate);
    const mostAllowed = Math.floor(limit + limit * (performance.now() - start) / windowMs);
    const lapses = programs.flatMap(({ stderr }) => stderr.match(/Redis does not decide/g) ?? []);
    return {
      requests,
      passed,
      byProxy,
      mostAllowed,
      statuses: [...statuses].sort(),
      lapses: lapses.length,
    };
  } finally {
    for (const program of programs) await program[Symbol.asyncDispose]();
  }
}
