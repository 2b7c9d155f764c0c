import { ProxyError } from "../../errors/mod.ts";

/** Where a CONNECT asks a tunnel to lead to. */
export interface ConnectTarget {
  /** The name or address in lower case, without brackets and without the dot at the end. */
  readonly hostname: string;
  /** The port. */
  readonly port: number;
}

/**
 * Reads the target of a CONNECT: `host:port` and nothing else (RFC 9110 §9.3.6). Not by the parser of
 * peers, to whom `unix:80` is the path of a socket.
 *
 * @throws {ProxyError} `bad_request` when it is not of that form
 */
export function connectTarget(target: string): ConnectTarget {
  const parts = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]+)):(\d{1,5})$/i.exec(target);
  const hostname = (parts?.[1] ?? parts?.[2] ?? "").toLowerCase().replace(/\.$/, "");
  const port = Number(parts?.[3]);
  if (hostname === "" || !(port >= 1 && port <= 65_535)) {
    throw new ProxyError("bad_request", "Cannot open a tunnel: the target is not host:port");
  }
  return { hostname, port };
}

/**
 * A test for names: `example.com` is itself, `*.example.com` all below it.
 *
 * @throws {TypeError} when an entry is neither a name, an address nor `*.` and a name
 */
export function hostMatcher(hosts: readonly string[]): (hostname: string) => boolean {
  const names = new Set<string>();
  const suffixes: string[] = [];
  for (const host of hosts) {
    const name = host.toLowerCase();
    if (!/^(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$|^[0-9a-f:.]+$/.test(name)) {
      throw new TypeError(`Cannot allow CONNECT: "${host}" is no host name`);
    }
    if (name.startsWith("*.")) suffixes.push(name.slice(1));
    else names.add(name);
  }
  return (hostname) => names.has(hostname) || suffixes.some((suffix) => hostname.endsWith(suffix));
}
