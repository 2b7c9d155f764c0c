/** Where a server is, and as whom to speak to it. */
export interface RedisAddress {
  /** Host and port, or the path of a socket: what may be shown. */
  readonly name: string;
  readonly host?: string;
  readonly port?: number;
  readonly path?: string;
  readonly isTls: boolean;
  readonly username?: string;
  readonly password?: string;
  readonly database: number;
}

const SCHEMES: Readonly<Record<string, { readonly isTls: boolean }>> = {
  "redis:": { isTls: false },
  "valkey:": { isTls: false },
  "rediss:": { isTls: true },
  "valkeys:": { isTls: true },
};
const DEFAULT_PORT = 6379;

/**
 * Reads `redis://[user[:password]@]host[:port][/database]`, `host:port` or `unix:/path`.
 *
 * @throws {TypeError} when it is none of these; the text, which may have a password, is not repeated
 */
export function parseRedisAddress(text: string): RedisAddress {
  if (text.startsWith("unix:/")) {
    const path = text.slice("unix:".length);
    return { name: text, path, isTls: false, database: 0 };
  }
  const full = text.includes("://") ? text : `redis://${text}`;
  const url = URL.canParse(full) ? new URL(full) : null;
  const scheme = url === null ? undefined : SCHEMES[url.protocol];
  if (url === null || scheme === undefined || url.hostname === "") {
    throw new TypeError(
      "Cannot open Redis: the address is no redis://, rediss://, valkey:// or valkeys:// URL, host:port or unix:/path",
    );
  }
  if (!/^\/?\d*$/.test(url.pathname)) {
    throw new TypeError("Cannot open Redis: what follows the port is no number of a database");
  }
  // A password alone is that of the user "default", also for servers that know no users (before 6).
  const username = decodeURIComponent(url.username) || undefined;
  const password = decodeURIComponent(url.password) || undefined;
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = Number(url.port || DEFAULT_PORT);
  return {
    name: `${url.hostname}:${port}`,
    host,
    port,
    isTls: scheme.isTls,
    username,
    password,
    database: Number(url.pathname.slice(1)),
  };
}
