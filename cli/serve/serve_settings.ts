import {
  type CertificateFile,
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
} from "../../core/mod.ts";
import { readTextFile } from "../read_text_file.ts";
import { UsageError } from "../usage_error.ts";
import { readTargets } from "./read_targets.ts";

/** How requests are written down. */
export type AccessLogChoice = "off" | "combined" | "json";

/** The files of CERT and KEY. */
export interface ServeTls extends CertificateFile {
  /** What stood in the one of CERT when the settings were read. */
  readonly cert: string;
}

/** What every serving program is told from outside. */
export interface ServeSettings {
  /** Where it listens. */
  readonly listen: ListenAddress;
  /** The servers that requests go on to; empty where none is named. */
  readonly targets: readonly string[];
  /** Its certificate, which is followed while it runs; without one it speaks no TLS. */
  readonly tls: ServeTls | undefined;
  /** The access log on standard output. */
  readonly accessLog: AccessLogChoice;
  /** Where it serves metrics and probes. */
  readonly admin: ListenAddress | undefined;
  /** Whether other processes may listen there too. */
  readonly reusePort: boolean;
}

/** Options of {@linkcode readServeSettings}. */
export interface ReadServeSettingsOptions {
  /**
   * Where it listens unless LISTEN says so.
   *
   * @default {":8080"}
   */
  readonly listen?: string;
  /**
   * The access log unless ACCESS_LOG says so.
   *
   * @default {"off"}
   */
  readonly accessLog?: AccessLogChoice;
  /**
   * Where it serves metrics and probes unless ADMIN says so.
   *
   * @default nowhere
   */
  readonly admin?: string;
}

/**
 * Reads LISTEN, TARGET, CERT, KEY, ACCESS_LOG, ADMIN and REUSE_PORT.
 *
 * @param get the value of one of them
 * @throws {UsageError} when one makes no sense
 *
 * @example
 * ```ts
 * import { assertEquals } from "@std/assert";
 * import { readServeSettings } from "@pingo/pingo/cli";
 *
 * const variables = new Map([["LISTEN", "127.0.0.1:3000"], ["ACCESS_LOG", "json"]]);
 * const { listen, accessLog } = await readServeSettings((name) => variables.get(name));
 * assertEquals(listen, { transport: "tcp", hostname: "127.0.0.1", port: 3000 });
 * assertEquals(accessLog, "json");
 * ```
 */
export async function readServeSettings(
  get: (name: string) => string | undefined,
  options: ReadServeSettingsOptions = {},
): Promise<ServeSettings> {
  const { listen = ":8080", accessLog = "off" } = options;
  const read = (name: string): string | undefined => get(name) || undefined;
  const admin = read("ADMIN") ?? options.admin;
  const settings = {
    listen: addressOf(read("LISTEN") ?? listen),
    targets: readTargets(read("TARGET")),
    accessLog: accessLogOf(read("ACCESS_LOG") ?? accessLog),
    admin: admin === undefined ? undefined : adminAddressOf(admin),
    reusePort: isOn("REUSE_PORT", read("REUSE_PORT")),
  };
  if (settings.reusePort && settings.listen.transport === "unix") {
    throw new UsageError("Cannot use REUSE_PORT: a unix socket belongs to one process");
  }
  return { ...settings, tls: await tlsOf(read("CERT"), read("KEY"), settings.listen) };
}

function addressOf(text: string): ListenAddress {
  try {
    return parseListenAddress(text);
  } catch (error) {
    if (error instanceof TypeError) throw new UsageError(error.message);
    throw error;
  }
}

/** The admin handler asks nobody who they are: only this machine may reach it. */
function adminAddressOf(text: string): ListenAddress {
  const address = addressOf(text);
  if (address.transport === "unix" || isLoopback(address.hostname)) return address;
  throw new UsageError(
    `Cannot serve ADMIN on ${formatListenAddress(address)}: it asks for no password, ` +
      `so it listens on loopback, such as 127.0.0.1:${address.port}, or on unix:/path`,
  );
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function accessLogOf(text: string): AccessLogChoice {
  if (text === "off" || text === "combined" || text === "json") return text;
  throw new UsageError(
    `Cannot use ACCESS_LOG ${JSON.stringify(text)}: write off, combined or json`,
  );
}

function isOn(name: string, text: string | undefined): boolean {
  if (text === undefined || text === "off") return false;
  if (text === "on") return true;
  throw new UsageError(`Cannot use ${name} ${JSON.stringify(text)}: write on or off`);
}

async function tlsOf(
  cert: string | undefined,
  key: string | undefined,
  listen: ListenAddress,
): Promise<ServeTls | undefined> {
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw new UsageError("Cannot use KEY: CERT is missing");
  if (key === undefined) throw new UsageError("Cannot use CERT: KEY is missing");
  if (listen.transport === "unix") {
    throw new UsageError("Cannot use CERT and KEY: there is no TLS on a unix socket");
  }
  const tls = { certFile: cert, keyFile: key, cert: await pemFile("CERT", cert) };
  await pemFile("KEY", key);
  return tls;
}

async function pemFile(name: string, path: string): Promise<string> {
  const text = await readTextFile(name, path);
  if (text.includes("-----BEGIN ")) return text;
  throw new UsageError(`Cannot use ${name} ${JSON.stringify(path)}: it is no PEM file`);
}
