import { capture, findProgram } from "../process/programs.ts";
import { installPackages } from "./node_packages.ts";
import { scriptEnvironment } from "./deno_script.ts";
import type { Target } from "./target.ts";

/** Options of {@linkcode nodeScript}. */
export interface NodeScriptOptions {
  /** Name in options and tables. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly title: string;
  /** The program, a path. */
  readonly file: string;
  /** npm packages that it takes, with exact versions; the first is the one whose version is shown. */
  readonly packages: readonly string[];
}

/** A proxy that `node` runs; its packages are installed outside the checkout when it is used for the first time. */
export function nodeScript({ name, title, file, packages }: NodeScriptOptions): Target {
  return {
    name,
    title,
    async version() {
      const node = (await capture(await findProgram("node"), ["--version"])).replace(/^v/, "");
      return [...packages.map((each) => each.replace(/(?<=.)@/, "/")), `node/${node}`].join(", ");
    },
    async prepare(site) {
      const folder = await installPackages(packages);
      const env = { ...scriptEnvironment(site), PACKAGES: folder, NODE_ENV: "production" };
      return { program: await findProgram("node"), args: [file], env };
    },
  };
}
