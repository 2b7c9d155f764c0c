import { capture, findProgram } from "../process/programs.ts";
import type { Site, Target } from "./target.ts";

/** HAProxy: one thread, upstream connections shared, no log. */
export const haproxy: Target = {
  name: "haproxy",
  title: "HAProxy, one thread, upstream connections shared",

  async version() {
    const text = await capture(await findProgram("haproxy"), ["-v"]);
    return `haproxy/${/version (\S+)/.exec(text)?.[1] ?? "unknown"}`;
  },

  async prepare(site) {
    const file = `${site.folder}/haproxy.cfg`;
    await Deno.writeTextFile(file, config(site));
    return { program: await findProgram("haproxy"), args: ["-db", "-f", file] };
  },
};

function config({ port, upstreamPort, certificate, maxFiles }: Site): string {
  const tls = certificate === null ? "" : ` ssl crt ${certificate.bundleFile}`;
  return [
    "global",
    "  nbthread 1",
    // It wants two files for each connection. Idle ones need one: so it may start with fewer.
    "  no strict-limits",
    `  maxconn ${maxFiles - 500}`,
    "defaults",
    "  mode http",
    "  timeout connect 10s",
    "  timeout client 1h",
    "  timeout server 1h",
    "frontend bench",
    `  bind 127.0.0.1:${port} backlog 4096${tls}`,
    "  option forwardfor",
    "  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]",
    "  default_backend bench",
    "backend bench",
    "  http-reuse always",
    `  server upstream 127.0.0.1:${upstreamPort}`,
    "",
  ].join("\n");
}
