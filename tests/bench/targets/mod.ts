/**
 * The proxies that are compared. A new one is a file beside this and an entry here.
 *
 * @module
 */

import { ROOT } from "../paths.ts";
import { denoScript } from "./deno_script.ts";
import { haproxy } from "./haproxy.ts";
import { nginx, nginxTuned } from "./nginx.ts";
import { nodeScript } from "./node_script.ts";
import type { Target } from "./target.ts";

export type { Site, Target } from "./target.ts";

const here = `${ROOT}/tests/bench/targets`;

/** The target that ratios are taken to. */
export const BASELINE = "nginx";

/** The target that bounds are about where they name none. */
export const SUBJECT = "pingo";

/** Where the toolkit's own proxy lies in a checkout. */
export const DEFAULT_PROXY = `${ROOT}/examples/proxy.ts`;

/** Targets of a run where the options name none. */
export const DEFAULT_TARGETS = ["nginx", "pingo", "serve_fetch"];

/**
 * All targets, in the order in which they take their turns.
 *
 * @param proxy the program that is measured as `pingo`
 */
export function createTargets(proxy: string): readonly Target[] {
  return [
    nginx,
    nginxTuned,
    haproxy,
    denoScript({ name: SUBJECT, title: "this toolkit, its default features on", file: proxy }),
    denoScript({
      name: "pingo-pair",
      title: "two processes of it on one port",
      file: `${here}/pingo_pair.ts`,
      args: [proxy],
    }),
    denoScript({
      name: "serve_fetch",
      title: "bare Deno.serve and fetch",
      file: `${here}/serve_fetch.ts`,
    }),
    nodeScript({
      name: "http-proxy",
      title: "npm's http-proxy on Node",
      file: `${here}/http_proxy.mjs`,
      packages: ["http-proxy@1.18.1"],
    }),
    nodeScript({
      name: "fastify",
      title: "@fastify/http-proxy on Node",
      file: `${here}/fastify_http_proxy.mjs`,
      packages: ["@fastify/http-proxy@11.6.3", "fastify@5.12.8"],
    }),
    nodeScript({
      name: "hono",
      title: "Hono's proxy helper on Node",
      file: `${here}/hono_proxy.mjs`,
      packages: ["hono@4.13.19", "@hono/node-server@2.1.9"],
    }),
  ];
}

/** Names of all targets. */
export const TARGET_NAMES: readonly string[] = createTargets(DEFAULT_PROXY).map((each) =>
  each.name
);
