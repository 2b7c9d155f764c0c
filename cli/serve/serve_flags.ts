import type { Flag } from "../command/command.ts";
import type { Arguments } from "../command/parse_arguments.ts";

/** The flags of every command that serves: each is a variable that examples know too. */
export const SERVE_FLAGS: readonly Flag[] = [
  {
    name: "listen",
    value: "ADDRESS",
    env: "LISTEN",
    about: "Where to listen: :8080 (every address; the default),\n" +
      "127.0.0.1:8080, [::1]:8080, unix:/run/x.sock;\nport 0 takes a free one",
  },
  {
    name: "cert",
    value: "FILE",
    env: "CERT",
    about:
      "Certificate (PEM): TLS with HTTP/1.1 and HTTP/2;\na renewed one is taken within 10 s, on SIGHUP at once",
  },
  { name: "key", value: "FILE", env: "KEY", about: "The key of the certificate (PEM)" },
  {
    name: "access-log",
    value: "FORMAT",
    env: "ACCESS_LOG",
    about: "off, combined (the default) or json; it goes to\nstandard output",
  },
  {
    name: "reuse-port",
    value: "on",
    env: "REUSE_PORT",
    about:
      "Let several processes listen there (Linux): a new one\ncomes before the old one goes; takes --unstable-net",
  },
  {
    name: "admin",
    value: "ADDRESS",
    env: "ADMIN",
    about: "Serve /metrics, /healthz, /readyz there, and\n/backends of a proxy; loopback only",
  },
];

/** Gives the value of a variable: that of its flag, else its own. */
export function settingsOf(args: Arguments): (name: string) => string | undefined {
  return (name) => {
    const values = args.all(name.toLowerCase().replaceAll("_", "-"));
    return values.length === 0 ? undefined : values.join(",");
  };
}
