import { ProxyError } from "../../errors/mod.ts";
import {
  type Body,
  CancelSource,
  type ConnectionInfo,
  http1Transport,
  type Reply,
  type RequestHead,
} from "../../core/mod.ts";
import { type Io, writeAll } from "../io.ts";
import type { ClientRequest } from "./client_request.ts";
import { Progress, ProgressBody } from "./progress.ts";

/** Options of {@linkcode sendRequest}. */
export interface SendRequestOptions {
  /** Shows the head of the request too, and how long each part took. */
  readonly isVerbose: boolean;
  /** Takes a status from 400 on for a failure. */
  readonly failsOnStatus: boolean;
}

/** Exit code for a status from 400 on; the same as curl's. */
const STATUS_FAILED = 22;

/** Sends one request: its content goes to standard output, all else to standard error. */
export async function sendRequest(
  request: ClientRequest,
  io: Io,
  options: SendRequestOptions,
): Promise<number> {
  const { url, head, timeoutMs } = request;
  const cancel = new CancelSource();
  const stopTimer = timeoutMs === undefined ? undefined : io.clock.setTimer(() => {
    cancel.cancel(new ProxyError("deadline_exceeded"));
  }, timeoutMs);
  await using transport = http1Transport();
  const startedAt = io.clock.now();
  let connection: ConnectionInfo = {};
  try {
    if (options.isVerbose) await writeAll(io.stderr, sentHead(head));
    const body = request.body && withProgress(request.body, "sent", io);
    const reply = await transport.exchange(head, body, {
      peer: url.peer,
      cancel,
      observer: { connected: (info) => connection = info },
    });
    const firstByteMs = io.clock.now() - startedAt;
    await writeAll(io.stderr, receivedHead(reply, options.isVerbose));
    if (reply.body !== null) await copy(reply.body, io);
    if (options.isVerbose) {
      const totalMs = io.clock.now() - startedAt;
      await writeAll(io.stderr, timing({ ...connection, firstByteMs, totalMs }));
    }
    return options.failsOnStatus && reply.status >= 400 ? STATUS_FAILED : 0;
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    await writeAll(io.stderr, `Cannot ${head.method} ${url.text}: ${explain(error)}\n`);
    return 1;
  } finally {
    stopTimer?.();
  }
}

/** Shows how far it is, where a person looks on. */
function withProgress(body: Body, verb: string, io: Io): Body {
  const { stderr: output, clock } = io;
  if (!output.isTerminal()) return body;
  return new ProgressBody(body, new Progress({ output, verb, total: body.length, clock }));
}

async function copy(content: Body, io: Io): Promise<void> {
  // The line would stand in the middle of the content when both go to the terminal.
  const body = io.stdout.isTerminal() ? content : withProgress(content, "received", io);
  for (let chunk = await body.read(); chunk !== null; chunk = await body.read()) {
    try {
      await writeAll(io.stdout, chunk);
    } catch (cause) {
      const error = new ProxyError("client_gone", "Cannot write the content", { cause });
      body.cancel(error);
      throw error;
    }
  }
}

function sentHead({ method, target, headers }: RequestHead): string {
  return `> ${method} ${target}\n${lines("> ", headers)}>\n`;
}

function receivedHead({ status, reason, headers }: Reply, isVerbose: boolean): string {
  const line = printable(`${status} ${reason}`.trimEnd());
  return isVerbose ? `< ${line}\n${lines("< ", headers)}<\n` : `${line}\n${lines("", headers)}\n`;
}

function lines(mark: string, headers: RequestHead["headers"]): string {
  return Array.from(headers, ([name, value]) => `${mark}${name}: ${printable(value)}\n`).join("");
}

/** How long each part took, as far as it is known; the last two are counted from the start. */
function timing(
  { dnsMs, connectMs, tlsMs, firstByteMs, totalMs }:
    & ConnectionInfo
    & { firstByteMs: number; totalMs: number },
): string {
  const parts = Object.entries({
    "DNS": dnsMs,
    "connect": connectMs,
    "TLS": tlsMs,
    "first byte": firstByteMs,
    "total": totalMs,
  });
  const shown = parts.filter(([, ms]) => ms !== undefined);
  return `* ${shown.map(([name, ms]) => `${name} ${ms?.toFixed(1)} ms`).join(", ")}\n`;
}

/** A server must not command the terminal. */
function printable(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, "?");
}

const EXPLANATIONS: ReadonlyMap<string, string> = new Map([
  ["dns_failed", "the name has no address"],
  ["connect_refused", "the connection was refused"],
  ["tls_certificate_invalid", "its certificate is not trusted; --cacert names one that is"],
  ["upstream_body_broken", "the answer broke off"],
  ["connection_reset", "the server closed the connection"],
  ["deadline_exceeded", "it took longer than --timeout allows"],
]);

function explain(error: ProxyError): string {
  const known = EXPLANATIONS.get(error.kind);
  if (known !== undefined) return known;
  const root = error.rootCause();
  return printable(root instanceof Error ? root.message : error.message);
}
