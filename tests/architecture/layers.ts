import type { Import } from "./import_graph.ts";

const pure = ["errors"];
const middle = ["errors", "timeout", "core"];
const product = [
  "errors",
  "timeout",
  "ketama",
  "core",
  "core/prometheus",
  "core/redis/iovalkey",
  "limits",
  "limits/http",
  "limits/redis",
  "cache",
  "loadbalancing",
  "proxy",
  "proxy/service",
];

/** What each unit may import. A unit is a top-level module, or a part of one that has a layer of its own. */
const allowedUnits: Readonly<Record<string, readonly string[]>> = {
  errors: [],
  timeout: pure,
  ketama: pure,
  core: ["errors", "timeout"],
  "core/prometheus": middle,
  "core/redis/iovalkey": middle,
  limits: ["errors", "timeout"],
  "limits/http": [...middle, "limits"],
  "limits/redis": [...middle, "limits"],
  cache: middle,
  loadbalancing: [...middle, "ketama"],
  proxy: middle,
  "proxy/service": product.filter((unit) => unit !== "proxy/service"),
  cli: product,
  "mod.ts": [...product, "cli"],
  examples: [...product, "cli", "mod.ts"],
};

const overHttp = ["http", "telemetry"];
const overEngines = [...overHttp, "http1", "http2", "proxy_protocol", "tls"];

/** What each folder of core may import from core. */
const allowedInCore: Readonly<Record<string, readonly string[]>> = {
  http: [],
  telemetry: ["http"],
  redis: [],
  http1: overHttp,
  http2: overHttp,
  proxy_protocol: overHttp,
  tls: overHttp,
  transport: overEngines,
  listen: overEngines,
  server: [...overEngines, "transport", "listen"],
  // core/mod.ts
  "": [...overEngines, "redis", "transport", "listen", "server"],
};

/** npm packages that a user pays for only where the user names their export. */
const homeOfHeavy: Readonly<Record<string, string>> = {
  "prom-client": "core/prometheus",
  iovalkey: "core/redis/iovalkey",
};

/** The imports that break the layer rule of ARCHITECTURE.md, each as `from -> to: why`. */
export function layerViolations(
  imports: readonly Import[],
  exportedFiles: readonly string[],
): string[] {
  return imports.flatMap(({ from, to }) => {
    const why = violation(from, to, exportedFiles);
    return why === null ? [] : [`${from} -> ${to}: ${why}`];
  });
}

function violation(from: string, to: string, exportedFiles: readonly string[]): string | null {
  const unit = unitOf(from);
  // A bench, like a test, may look at everything; with it come the tools of tests.
  if (from.endsWith("_bench.ts") || unit === "tests") return null;
  const allowed = allowedUnits[unit];
  if (allowed === undefined) return `${unit} is no module of the design`;

  const npm = /^npm:\/?((?:@[^/@]+\/)?[^/@]+)/.exec(to)?.[1];
  if (npm !== undefined) {
    const home = homeOfHeavy[npm] ?? unit;
    return home === unit ? null : `only ${home} imports ${npm}`;
  }
  if (/^[a-z]+:/.test(to)) return null;

  const target = unitOf(to);
  if (target === unit) return unit === "core" ? coreViolation(from, to) : null;
  if (!allowed.includes(target)) return `${unit} may not import ${target}`;
  if (!exportedFiles.includes(to)) return `across modules only through a mod.ts`;
  return null;
}

function coreViolation(from: string, to: string): string | null {
  const [folder, target] = [from, to].map(folderOfCore);
  if (folder === target) return null;
  const allowed = allowedInCore[folder];
  if (allowed === undefined) return `core/${folder} is no part of the design`;
  return allowed.includes(target)
    ? null
    : `core/${folder} may not import core/${target || "mod.ts"}`;
}

function unitOf(path: string): string {
  const parts = path.split("/");
  // The innermost one: core/redis/iovalkey is none of core.
  for (const depth of [3, 2]) {
    const inner = parts.slice(0, depth).join("/");
    if (Object.hasOwn(allowedUnits, inner)) return inner;
  }
  return parts[0];
}

/** "http" for core/http/head.ts, "" for core/mod.ts. */
function folderOfCore(path: string): string {
  const parts = path.split("/");
  return parts.length > 2 ? parts[1] : "";
}
