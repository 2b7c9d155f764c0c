/** The part of deno.json that tests read. */
export interface PackageConfig {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly test?: Readonly<Record<string, unknown>>;
  readonly unstable?: readonly string[];
}

/** The deno.json of a checkout. */
export async function packageConfig(root: string): Promise<PackageConfig> {
  return JSON.parse(await Deno.readTextFile(`${root}/deno.json`));
}

/** The files that deno.json exports, as paths from the root. */
export async function exportedFiles(root: string): Promise<string[]> {
  const { exports } = await packageConfig(root);
  return Object.values(exports).map((path) => path.replace(/^\.\//, ""));
}
