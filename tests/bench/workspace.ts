/** A folder for configurations, certificates and bodies that goes away in the end. */
export class Workspace implements AsyncDisposable {
  /** Its path. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Makes one, in memory where the system has a place for that. */
  static async create(): Promise<Workspace> {
    const memory = await Deno.stat("/dev/shm").then((info) => info.isDirectory, () => false);
    const dir = memory ? "/dev/shm" : undefined;
    return new Workspace(await Deno.makeTempDir({ dir, prefix: "pingo-bench-" }));
  }

  /** Makes a folder in it and returns its path. */
  async folder(name: string): Promise<string> {
    const path = `${this.path}/${name}`;
    await Deno.mkdir(path, { recursive: true });
    return path;
  }

  /** Removes it with all that is in it. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
