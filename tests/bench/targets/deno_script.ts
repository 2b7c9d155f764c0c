import type { Launch } from "../process/child.ts";
import type { Site, Target } from "./target.ts";

/** Options of {@linkcode denoScript}. */
export interface DenoScriptOptions {
  /** Name in options and tables. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly title: string;
  /** The program, a path. */
  readonly file: string;
  /**
   * Its arguments.
   * @default {[]}
   */
  readonly args?: readonly string[];
}

/** A proxy that `deno run -A` runs; it is told what to do by the variables that all examples know. */
export function denoScript({ name, title, file, args = [] }: DenoScriptOptions): Target {
  return {
    name,
    title,
    version: () => Promise.resolve(`deno/${Deno.version.deno}`),
    async prepare(site): Promise<Launch> {
      if (await Deno.stat(file).catch(() => null) === null) {
        throw new Error(`Cannot start ${name}: no file ${file}`);
      }
      return {
        program: Deno.execPath(),
        args: ["run", "-A", file, ...args],
        env: scriptEnvironment(site),
      };
    },
  };
}

/** What a program that is a proxy is told by its environment. */
export function scriptEnvironment(site: Site): Record<string, string> {
  return {
    LISTEN: `127.0.0.1:${site.port}`,
    TARGET: `http://127.0.0.1:${site.upstreamPort}`,
    ACCESS_LOG: "off",
    ...(site.certificate === null
      ? {}
      : { CERT: site.certificate.certFile, KEY: site.certificate.keyFile }),
  };
}
