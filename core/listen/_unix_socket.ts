import type { UnixListenAddress } from "./listen_address.ts";
import { ListenError } from "./listen_error.ts";

/**
 * The file of a unix socket. `Deno.serve` removes, when it stops, whatever lies at the path that it was
 * given, even the socket of a successor. So it is given a name of its own beside the path, and the
 * socket is moved to its place when its mode is right: that replaces the file of a process that died,
 * and nobody sees a half-made one.
 */
export class UnixSocketFile {
  readonly #address: UnixListenAddress;
  readonly #mode: number;
  /** The path for the server. */
  readonly bindPath: string;
  /** The file that was put in place; null before and after. */
  #published: Deno.FileInfo | null = null;

  constructor(address: UnixListenAddress, mode: number) {
    this.#address = address;
    this.#mode = mode;
    const folder = address.path.slice(0, address.path.lastIndexOf("/") + 1);
    this.bindPath = `${folder}.${crypto.randomUUID().slice(0, 8)}`;
  }

  /**
   * Looks whether the path is free.
   *
   * @throws {ListenError} when somebody answers there, or something lies there that is no socket
   */
  async check(): Promise<void> {
    const info = fileAt(this.#address.path);
    if (info === null) return;
    if (!info.isSocket) {
      throw new ListenError("bad_path", this.#address, "a file that is no socket lies there");
    }
    try {
      using _connection = await Deno.connect({ transport: "unix", path: this.#address.path });
    } catch (error) {
      // What a process that died left behind.
      if (error instanceof Deno.errors.ConnectionRefused) return;
      if (error instanceof Deno.errors.NotFound) return;
      throw error;
    }
    throw new ListenError("address_in_use", this.#address, "another process listens there");
  }

  /** Puts the socket in its place. */
  publish(): void {
    Deno.chmodSync(this.bindPath, this.#mode);
    const info = Deno.lstatSync(this.bindPath);
    Deno.renameSync(this.bindPath, this.#address.path);
    this.#published = info;
  }

  /** Removes the file, unless a successor has put its own in the place. */
  remove(): void {
    const own = this.#published;
    this.#published = null;
    if (own === null) return;
    const info = fileAt(this.#address.path);
    if (info?.ino === own.ino && info?.dev === own.dev) Deno.removeSync(this.#address.path);
  }
}

function fileAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
