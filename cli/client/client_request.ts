import { type Body, HeaderList, type RequestHead, requestHead } from "../../core/mod.ts";
import type { Arguments } from "../command/parse_arguments.ts";
import type { Io } from "../io.ts";
import { readTextFile } from "../read_text_file.ts";
import { UsageError } from "../usage_error.ts";
import { VERSION } from "../version.ts";
import { requestContent } from "./request_content.ts";
import { parseRequestUrl, type RequestUrl } from "./request_url.ts";

/** What the client sends. */
export interface ClientRequest {
  /** Where to. */
  readonly url: RequestUrl;
  /** The head. */
  readonly head: RequestHead;
  /** The content. */
  readonly body: Body | null;
  /** How long all of it may take. */
  readonly timeoutMs: number | undefined;
}

const DEFAULT_URL = "http://127.0.0.1:8080/";

/**
 * Makes a request of the command line.
 *
 * @throws {UsageError} when a value makes no sense
 */
export async function clientRequest(args: Arguments, io: Io): Promise<ClientRequest> {
  const ca = args.get("cacert");
  const url = parseRequestUrl(args.positional ?? args.get("url") ?? DEFAULT_URL, {
    unixSocket: args.get("unix-socket"),
    tls: ca === undefined ? undefined : { caCerts: [await readTextFile("--cacert", ca)] },
  });
  const timeoutMs = seconds(args.get("timeout"));
  const data = args.get("data");
  const head = headOf(url, args.get("method") ?? (data === undefined ? "GET" : "POST"), [
    ...args.all("header"),
  ]);
  const body = data === undefined ? null : await requestContent(data, io.stdin);
  if (body?.length !== undefined) head.headers.set("content-length", String(body.length));
  return { url, head, body, timeoutMs };
}

function headOf(url: RequestUrl, method: string, lines: readonly string[]): RequestHead {
  const headers = new HeaderList([
    ["host", url.authority],
    ["user-agent", `pingo/${VERSION}`],
    ["accept", "*/*"],
  ]);
  const defaults = new Set(headers.keys());
  try {
    for (const line of lines) {
      const colon = line.indexOf(":");
      if (colon < 0) throw new TypeError(`Cannot use the header ${JSON.stringify(line)}: no colon`);
      const [name, value] = [line.slice(0, colon), line.slice(colon + 1)];
      // The first of a name takes the place of the default, the others stand beside it.
      if (defaults.delete(name.toLowerCase())) headers.set(name, value);
      else headers.append(name, value);
    }
    return requestHead({ method, target: url.target, scheme: url.peer.scheme, headers });
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value * 1000;
  throw new UsageError(
    `Cannot use the timeout ${JSON.stringify(text)}: write seconds, such as 10 or 0.5`,
  );
}
