import { VERSION } from "../version.ts";
import { curlLine } from "./curl_line.ts";
import type { ListeningService } from "./listening_service.ts";
import type { ServeSettings } from "./serve_settings.ts";

/** What {@linkcode startLines} tells of. */
export interface StartLinesOptions {
  /** What runs; the first one is to be tried. */
  readonly services: readonly ListeningService[];
  /** What was set. */
  readonly settings: Pick<ServeSettings, "targets" | "tls">;
  /** Whether requests go on to other servers. */
  readonly hasUpstreams: boolean;
}

/** What a person reads when a program has started: what runs where, and what to do with it. */
export function startLines(options: StartLinesOptions): readonly string[] {
  const { services, settings: { targets, tls }, hasUpstreams } = options;
  const width = Math.max(...services.map(({ name }) => name.length), "target".length);
  const row = (name: string, text: string): string => `  ${name.padEnd(width)}  ${text}`;
  const url = services.flatMap(({ listeners }) => listeners).at(0)?.url;
  const target = targets.length > 0
    ? targets.join(", ")
    : "a demo site inside of it; TARGET=host:port names your own server";
  return [
    `pinGo ${VERSION}, pid ${Deno.pid}`,
    ...services.flatMap(({ name, listeners }) =>
      listeners.map((listener) => row(name, listener.describe()))
    ),
    ...(hasUpstreams ? [row("target", target)] : []),
    ...(url === undefined ? [] : [`Try it: ${curlLine(url, { cert: tls?.cert })}`]),
  ];
}
