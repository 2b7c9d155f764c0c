/** What {@linkcode needs} adds to a test's definition. */
export interface Needed {
  readonly name: string;
  readonly ignore: boolean;
}

/** Options of {@linkcode needs}. */
export interface NeedsOptions {
  /**
   * Whether a missing program is a failure.
   *
   * @default {true where the environment has CI=true}
   */
  readonly isCi?: boolean;
}

/** Where a program lies, or null. Debian keeps servers in sbin, which is on no user's PATH. */
export function findProgram(program: string): string | null {
  const folders = [...(Deno.env.get("PATH") ?? "").split(":"), "/usr/local/sbin", "/usr/sbin"];
  for (const folder of folders.filter((each) => each !== "")) {
    try {
      if (Deno.statSync(`${folder}/${program}`).isFile) return `${folder}/${program}`;
    } catch {
      // The next folder may have it.
    }
  }
  return null;
}

/**
 * The start of the definition of a test that runs a real program:
 *
 *     Deno.test({ ...needs("nginx", "HttpProxy relays what nginx sends"), fn: async () => { … } });
 *
 * Without the program the test is skipped and its name says why. In CI, which installs it, that is an error.
 */
export function needs(program: string, name: string, options: NeedsOptions = {}): Needed {
  const { isCi = Deno.env.get("CI") === "true" } = options;
  if (findProgram(program) !== null) return { name, ignore: false };
  if (isCi) {
    throw new Error(`Cannot run test "${name}": ${program} is not installed, in CI it must be`);
  }
  return { name: `${name} (skipped: ${program} is not installed)`, ignore: true };
}
