import { findProgram } from "../../support/needs.ts";
import { freePort } from "../../support/ports.ts";

/** A HAProxy that serves until it is disposed of. */
export interface Haproxy extends AsyncDisposable {
  /** A free port of this machine that the configuration was given. */
  readonly port: number;
  /** The folder of its files. */
  readonly folder: string;
}

const ATTEMPTS = 3;

/**
 * Starts HAProxy. It goes to the background when its sockets are bound, so that nobody has to try whether
 * it is there yet.
 *
 * @param config the lines behind `global` and `defaults`, from a folder for its files and a free port
 */
export async function startHaproxy(
  config: (site: { folder: string; port: number }) => Promise<string[]> | string[],
): Promise<Haproxy> {
  const program = findProgram("haproxy");
  if (program === null) throw new Error("Cannot start HAProxy: it is not installed");
  const folder = await Deno.makeTempDir();
  for (let attempt = 1;; attempt++) {
    const port = freePort();
    const lines = [
      ...["global", "  nbthread 1", "  maxconn 100"],
      ...["defaults", "  timeout connect 5s", "  timeout client 5s", "  timeout server 5s"],
      ...await config({ folder, port }),
    ];
    await Deno.writeTextFile(`${folder}/haproxy.cfg`, lines.join("\n") + "\n");
    const args = ["-D", "-f", `${folder}/haproxy.cfg`, "-p", `${folder}/pid`];
    const { code, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
    if (code === 0) return running(folder, port);
    // Somebody was faster to take the port.
    if (attempt === ATTEMPTS) throw new Error(new TextDecoder().decode(stderr));
  }
}

async function running(folder: string, port: number): Promise<Haproxy> {
  const pid = Number(await Deno.readTextFile(`${folder}/pid`));
  return {
    port,
    folder,
    async [Symbol.asyncDispose]() {
      Deno.kill(pid, "SIGKILL");
      await Deno.remove(folder, { recursive: true });
    },
  };
}
