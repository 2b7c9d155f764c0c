import { HttpService } from "../../core/mod.ts";
import type { Command } from "../command/command.ts";
import { echoHandler } from "./echo_handler.ts";
import { listenBy } from "./listening_service.ts";
import { runServer } from "./run_server.ts";
import { SERVE_FLAGS, settingsOf } from "./serve_flags.ts";

/** `pingo server`. */
export const serverCommand: Command = {
  name: "server",
  summary: "Answer each request with what it said",
  about: [
    "An echo server: answers each request with its method, target, header fields",
    "and content, as text. Put it behind a proxy to see what that passes on.",
    "",
    "Exit code: 0 a clean stop, 1 a failure such as a taken port, 2 a bad value.",
  ].join("\n"),
  flags: SERVE_FLAGS,
  examples: [
    { about: "Something for a proxy to talk to", line: "pingo server --listen 127.0.0.1:3000" },
    {
      about: "See what a request looks like when it arrives",
      line: "pingo client -d hello http://127.0.0.1:3000/path?query",
    },
  ],
  run(args, io) {
    return runServer(({ settings, observe }) => {
      const echo = new HttpService("echo", echoHandler(), { onExchange: observe("echo") });
      return [listenBy(settings, echo)];
    }, { io, get: settingsOf(args), accessLog: "combined", hasUpstreams: false });
  },
};
