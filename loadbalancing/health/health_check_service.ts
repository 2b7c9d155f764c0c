import { backgroundService, type Service } from "../../core/mod.ts";
import { untilAborted } from "../_until_aborted.ts";
import type { HealthChecker } from "./health_checker.ts";
import type { CheckedBackend } from "./watched_set.ts";

/** Options of {@linkcode healthCheckService}. */
export interface HealthCheckServiceOptions {
  /**
   * Names of services that must be ready before it starts, such as discovery.
   *
   * @default {[]}
   */
  dependsOn?: readonly string[];
}

/**
 * A health checker as a service of a `Server`: it is ready when every backend has been checked once, so that
 * a service which depends on it sends its first request to a backend that works.
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { createLogger, peer, Server } from "@pingo/pingo/core";
 * import { HealthChecker, healthCheckService } from "@pingo/pingo/loadbalancing";
 *
 * const backend = {
 *   id: "a",
 *   peer: peer("127.0.0.1:9"),
 *   isHealthy: false,
 *   markHealthy(isHealthy: boolean) {
 *     this.isHealthy = isHealthy;
 *   },
 * };
 * const checker = new HealthChecker({ backends: [backend], onChange: () => () => {} }, {
 *   check: () => true,
 *   initialState: "unhealthy",
 * });
 * await using server = new Server({ logger: createLogger({ level: "error" }) });
 * server.addService(healthCheckService("health checks", checker));
 * await server.start();
 * assertEquals(backend.isHealthy, true);
 * ```
 */
export function healthCheckService<Backend extends CheckedBackend>(
  name: string,
  checker: HealthChecker<Backend>,
  options: HealthCheckServiceOptions = {},
): Service {
  const { dependsOn = [] } = options;
  return backgroundService(name, async ({ signal, ready }) => {
    checker.start();
    try {
      checker.whenChecked().then(ready);
      await untilAborted(signal);
    } finally {
      await checker.stop();
    }
  }, { dependsOn });
}
