import { LocalTimeCache } from "./_log_time.ts";
import type { AccessLogEntry } from "./access_log_entry.ts";

/**
 * The format `combined` of nginx and Apache, which every log analyser reads:
 *
 * `client - user [time] "method target protocol" status bytes "referer" "user-agent"`
 *
 * Texts are escaped as by nginx (`ngx_http_log_escape`): quotes, backslashes, control bytes and all above
 * 126 as `\xXX`. `-` stands for what is not there, and for a number of bytes that nobody knows.
 *
 * @example
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { accessLog, compose, reply, toFetch } from "@pingo/pingo/core";
 *
 * const lines: string[] = [];
 * const log = accessLog({ write: (line) => void lines.push(line) }, { format: "combined" });
 * const fetch = toFetch(compose([log], () => reply(200, "hello")));
 * const headers = { "user-agent": 'a "quoted" one' };
 * await (await fetch(new Request("http://localhost/", { headers }))).text();
 * assertMatch(lines[0], /^- - - \[.+\] "GET \/ HTTP\/1\.1" 200 5 "-" "a \\x22quoted\\x22 one"$/);
 * ```
 */
export function combinedFormat(): (entry: AccessLogEntry) => string {
  const time = new LocalTimeCache();
  return (entry) => {
    const { client, user, sentBytes } = entry;
    return `${client === "" ? "-" : client} - ${user === null ? "-" : escape(user)} [${
      time.at(entry.time)
    }] "${escape(entry.method)} ${escape(entry.target)} ${entry.protocol}" ${entry.status} ${
      sentBytes < 0 ? "-" : sentBytes
    } "${field(entry.referer)}" "${field(entry.userAgent)}"`;
  };
}

function field(value: string | null): string {
  return value === null ? "-" : escape(value);
}

const UNSAFE = /["\\]|[^\x20-\x7e]/;
const UNSAFE_ALL = /["\\]|[^\x20-\x7e]/gu;
const encoder = new TextEncoder();

function escape(text: string): string {
  return UNSAFE.test(text) ? text.replace(UNSAFE_ALL, escapeOne) : text;
}

/** Characters up to U+00FF are bytes from the wire; what lies above can only come from the program. */
function escapeOne(character: string): string {
  const code = character.charCodeAt(0);
  if (code < 256) return hex(code);
  return Array.from(encoder.encode(character), hex).join("");
}

function hex(byte: number): string {
  return `\\x${byte < 16 ? "0" : ""}${byte.toString(16).toUpperCase()}`;
}
