import { type IdleSample, measureIdle } from "./idle.ts";
import type { RunOptions } from "./rounds.ts";
import { bodyOf } from "./upstream.ts";

/** Size of the body that an idle connection has asked for once. */
export const IDLE_BODY = 130;

/** Measures the memory of idle connections, each target in a process that did nothing before. */
export async function runIdle(options: RunOptions): Promise<IdleSample[]> {
  const { bench, stage, targets, progress, signal } = options;
  const samples: IdleSample[] = [];
  for (const scheme of bench.schemes) {
    for (const target of targets) {
      progress.show(`${bench.idle} idle connections: ${target.name}, ${scheme}`);
      await using proxy = await stage.start(target, scheme, signal);
      const request = {
        url: proxy.url,
        path: `/${IDLE_BODY}`,
        body: bodyOf(IDLE_BODY),
        caCerts: stage.certificate === null ? [] : [stage.certificate.pem],
      };
      samples.push(await measureIdle({ proxy, count: bench.idle, request, signal }));
    }
  }
  return samples;
}
