import { isAuthority } from "../../../../core/http/mod.ts";

const TOKEN = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const VALUE = "[\\t\\x20-\\x7e\\x80-\\xff]*";
const HEAD = new RegExp(
  `^(?:\\r\\n)?(${TOKEN}) ([!"$-~\\x80-\\xff]+) HTTP/(1\\.[01])\\r\\n((?:${TOKEN}:${VALUE}\\r\\n)*)\\r\\n`,
);

/** What a request means, as far as the wire decides it. */
export interface Meaning {
  readonly end: number;
  readonly method: string;
  readonly target: string;
  readonly version: string;
  readonly lines: readonly (readonly [name: string, value: string])[];
  /** -1 for chunks. */
  readonly contentLength: number;
  readonly isKeepAlive: boolean;
}

/**
 * The same rules as the parser's, made of regular expressions over a string: slow and plainly readable.
 * Null for what is not a whole, acceptable head. Limits are left out.
 */
export function readRequest(text: string): Meaning | null {
  const parts = HEAD.exec(text);
  if (parts === null) return null;
  const [whole, method, raw, version, section] = parts;
  if (method.length > 64) return null;
  const lines = section.split("\r\n").slice(0, -1).map((line): [string, string] => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "")];
  });
  const all = (name: string) =>
    lines.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const hosts = all("host");
  if (hosts.length > 1 || (hosts.length === 0 && version === "1.1")) return null;
  if (!hosts.every(isAuthority)) return null;
  const target = readTarget(method, raw);
  const contentLength = readLength(all("content-length"), all("transfer-encoding"), version);
  if (target === null || contentLength === null) return null;
  if (contentLength !== 0 && (method === "CONNECT" || method === "TRACE")) return null;
  const expectations = all("expect");
  if (version === "1.1" && expectations.length > 0) {
    if (expectations.join().toLowerCase() !== "100-continue") return null;
  }
  const options = all("connection").join().toLowerCase().split(",")
    .map((option) => option.replace(/^[ \t]+|[ \t]+$/g, ""));
  const isKeepAlive = !options.includes("close") && version === "1.1";
  return { end: whole.length, method, target, version, lines, contentLength, isKeepAlive };
}

function readTarget(method: string, raw: string): string | null {
  if (method === "CONNECT") {
    const port = Number(/:(\d{1,5})$/.exec(raw)?.[1] ?? 0);
    return isAuthority(raw) && port >= 1 && port <= 65535 ? raw : null;
  }
  if (raw.startsWith("/")) return raw;
  if (raw === "*") return method === "OPTIONS" ? raw : null;
  const parts = /^https?:\/\/([^/?]*)(.*)$/is.exec(raw);
  if (parts === null || !isAuthority(parts[1])) return null;
  if (parts[2] === "") return method === "OPTIONS" ? "*" : "/";
  return parts[2].startsWith("?") ? `/${parts[2]}` : parts[2];
}

function readLength(
  lengths: readonly string[],
  codings: readonly string[],
  version: string,
): number | null {
  if (codings.length > 0) {
    const isChunked = codings.join().toLowerCase() === "chunked";
    return isChunked && lengths.length === 0 && version === "1.1" ? -1 : null;
  }
  if (lengths.length === 0) return 0;
  if (lengths.length > 1 || !/^(?:0|[1-9]\d{0,15})$/.test(lengths[0])) return null;
  return Number.isSafeInteger(Number(lengths[0])) ? Number(lengths[0]) : null;
}
