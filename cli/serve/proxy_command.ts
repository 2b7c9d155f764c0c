import { ProxyService } from "../../proxy/service/mod.ts";
import type { Command } from "../command/command.ts";
import { listenBy } from "./listening_service.ts";
import { runServer } from "./run_server.ts";
import { SERVE_FLAGS, settingsOf } from "./serve_flags.ts";

/** `pingo proxy`. */
export const proxyCommand: Command = {
  name: "proxy",
  summary: "Pass requests on to one server or several",
  about: [
    "A reverse proxy: passes requests on to one server or several, in turn.",
    "Without --target they go to a small demo site of its own.",
    "",
    "Ctrl-C or SIGTERM stops it: nothing new is accepted, and what is in flight has",
    "30 seconds to finish.",
    "",
    "Exit code: 0 a clean stop, 1 a failure such as a taken port, 2 a bad value.",
  ].join("\n"),
  flags: [
    {
      name: "target",
      value: "SERVER",
      env: "TARGET",
      isRepeatable: true,
      about: "host:port, http://host:port, https://host or\n" +
        "unix:/path; several with commas between them, or\nthe flag again for each",
    },
    ...SERVE_FLAGS,
    {
      name: "rewrite-host",
      about: "Send the target's own name as Host, not the client's",
    },
  ],
  examples: [
    { about: "Port 8080 in front of port 3000", line: "pingo proxy --target 127.0.0.1:3000" },
    {
      about: "Two servers in turn, on loopback only",
      line: "pingo proxy --listen 127.0.0.1:8080 --target 127.0.0.1:3000,127.0.0.1:3001",
    },
    {
      about: "TLS, with HTTP/2 for those who speak it",
      line: "pingo proxy --listen :8443 --cert cert.pem --key key.pem",
    },
    {
      about: "A site elsewhere; it has to see its own name",
      line: "pingo proxy --target https://example.com --rewrite-host",
    },
    {
      about: "Metrics and probes",
      line: "pingo proxy --target 127.0.0.1:3000 --admin 127.0.0.1:9901",
    },
  ],
  run(args, io) {
    const forwarding = { rewriteHost: args.has("rewrite-host") };
    return runServer(({ settings, upstreams, observers, middleware, metrics }) => {
      const proxy = new ProxyService("proxy", {
        upstreams,
        observers,
        middleware,
        metrics,
        forwarding,
      });
      return [listenBy(settings, proxy)];
    }, { io, get: settingsOf(args), accessLog: "combined" });
  },
};
