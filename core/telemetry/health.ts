import { type Handler, reply } from "../http/mod.ts";

/** Says whether a program can take requests. */
export type IsReady = () => boolean | Promise<boolean>;

/** A probe's answer is about this moment. */
const HEADERS = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };

/**
 * Answers 200: the process is alive, and nothing more is meant by it. A liveness probe that looked
 * further would have a healthy proxy restarted because an upstream is down.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { healthz, toFetch } from "@pingo/pingo/core";
 *
 * const response = await toFetch(healthz())(new Request("http://localhost/healthz"));
 * assertEquals(await response.text(), "ok\n");
 * ```
 */
export function healthz(): Handler {
  return () => reply(200, "ok\n", { headers: HEADERS });
}

/**
 * Answers 200 when `isReady` says yes, else 503, and 503 too when it throws.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readyz, toFetch } from "@pingo/pingo/core";
 *
 * let isStopping = false;
 * const fetch = toFetch(readyz(() => !isStopping));
 * assertEquals((await fetch(new Request("http://localhost/readyz"))).status, 200);
 * isStopping = true;
 * assertEquals((await fetch(new Request("http://localhost/readyz"))).status, 503);
 * ```
 */
export function readyz(isReady: IsReady): Handler {
  return async () => {
    let ready: boolean;
    try {
      ready = await isReady();
    } catch {
      ready = false;
    }
    return ready
      ? reply(200, "ready\n", { headers: HEADERS })
      : reply(503, "not ready\n", { headers: HEADERS });
  };
}
