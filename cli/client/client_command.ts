import type { Command } from "../command/command.ts";
import { clientRequest } from "./client_request.ts";
import { sendRequest } from "./send_request.ts";

/** `pingo client`. */
export const clientCommand: Command = {
  name: "client",
  summary: "Send one request and show the answer",
  argument: "[URL]",
  about: [
    "Sends one request. The content of the answer goes to standard output as it",
    "comes, everything else to standard error. Redirects are shown, not followed;",
    "nothing is decoded. Without a URL it asks http://127.0.0.1:8080/.",
    "",
    "Exit code: 0 there was an answer, 1 there was none or it broke off, 2 a bad",
    "value, 22 --fail was given and the status was 400 or above.",
  ].join("\n"),
  flags: [
    { name: "url", value: "URL", env: "URL", about: "The same as the argument" },
    {
      name: "method",
      short: "X",
      value: "METHOD",
      about: "The method; GET, or POST where there is data",
    },
    {
      name: "header",
      short: "H",
      value: "FIELD",
      isRepeatable: true,
      about: "A field such as 'Accept: text/html'; may be repeated",
    },
    {
      name: "data",
      short: "d",
      value: "TEXT",
      about: "The content; @FILE sends a file, - standard input\n" +
        "(no Content-Type is added: -H says it)",
    },
    { name: "timeout", value: "SECONDS", about: "The longest that all of it may take" },
    { name: "cacert", value: "FILE", about: "A certificate to trust besides the system's" },
    { name: "unix-socket", value: "PATH", about: "Connect to this socket, not to the URL's host" },
    { name: "fail", short: "f", about: "End with 22 where the status is 400 or above" },
    {
      name: "verbose",
      short: "v",
      about: "Show the head of the request too,\n" + "and how long each part took",
    },
  ],
  examples: [
    {
      about: "See both heads, and what DNS, connecting, TLS and the rest took",
      line: "pingo client -v http://127.0.0.1:8080/",
    },
    {
      about: "Send JSON",
      line: `pingo client -H 'Content-Type: application/json' -d '{"a":1}' localhost:8080/a`,
    },
    { about: "Upload a file", line: "pingo client -X PUT -d @movie.mp4 localhost:8080/movie" },
    {
      about: "Download a file; how far it is stands on the terminal",
      line: "pingo client http://127.0.0.1:8080/movie > movie.mp4",
    },
    {
      about: "Is it ready? For scripts",
      line: "pingo client --fail --timeout 2 http://127.0.0.1:9901/readyz",
    },
  ],
  async run(args, io) {
    return await sendRequest(await clientRequest(args, io), io, {
      isVerbose: args.has("verbose"),
      failsOnStatus: args.has("fail"),
    });
  },
};
