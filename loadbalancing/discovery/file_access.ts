import { dirname } from "./_dirname.ts";

/** Reads a file and watches it; the port behind which the file system lies. */
export interface FileAccess {
  /** The text of a file of no more than so many bytes; rejects for what is no file. */
  readText(path: string, maxBytes: number): Promise<string>;
  /**
   * Calls `onEvent` when something may have happened to the file.
   *
   * @returns a function that ends it
   * @throws when it cannot be watched
   */
  watch(path: string, onEvent: () => void): () => void;
}

/**
 * The file system. The folder is watched, not the file: a file that is renamed over another one, or a folder
 * of links that Kubernetes swaps, is another file, of which a watch on the old one hears nothing.
 *
 * @example
 * ```ts
 * import { assertRejects } from "@std/assert";
 * import { systemFileAccess } from "@pingo/pingo/loadbalancing";
 *
 * const path = await Deno.makeTempFile();
 * await Deno.writeTextFile(path, "too much");
 * await assertRejects(() => systemFileAccess.readText(path, 4), Error, "8 bytes");
 * await Deno.remove(path);
 * ```
 */
export const systemFileAccess: FileAccess = {
  async readText(path, maxBytes) {
    // Looked at before it is opened: to open a named pipe waits for ever, and a device has no end.
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new Error(`Cannot read ${path}: it is no file`);
    if (size > maxBytes) {
      throw new Error(`Cannot read ${path}: it has ${size} bytes, more than ${maxBytes}`);
    }
    const bytes = await Deno.readFile(path);
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  },
  watch(path, onEvent) {
    const watcher = Deno.watchFs(dirname(path), { recursive: false });
    const heard = (async () => {
      // Where the system tells of reads too, the read that follows would be the next event.
      for await (const { kind } of watcher) if (kind !== "access") onEvent();
    })();
    // Polling goes on.
    heard.catch(() => {});
    let isClosed = false;
    return () => {
      if (!isClosed) watcher.close();
      isClosed = true;
    };
  },
};
