import type { KetamaServer } from "@pingo/pingo/ketama";
import { findProgram } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { rawClient } from "../support/raw.ts";

/** A running nginx that balances by `hash … consistent` among servers of its own. */
export interface BalancingNginx extends AsyncDisposable {
  /** The addresses that it tried for a key, over one of the lists of servers, in order. */
  tried(list: string, key: string): Promise<string[]>;
}

/**
 * @param lists servers by the name of the list
 * @param alive the addresses on which something answers
 */
export async function startBalancingNginx(
  folder: string,
  { lists, alive }: {
    lists: Readonly<Record<string, readonly KetamaServer[]>>;
    alive: readonly string[];
  },
): Promise<BalancingNginx> {
  const port = freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  const upstreams = Object.entries(lists).map(([name, servers]) =>
    `upstream ${name} { hash $http_x_key consistent; ${
      servers.map(({ address, weight = 1 }) => `server ${address} weight=${weight} max_fails=0;`)
        .join(" ")
    } }`
  );
  const locations = Object.keys(lists).map((name) =>
    `location /${name} { proxy_pass http://${name}; add_header x-tried $upstream_addr always; }`
  );
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `${Deno.uid() === 0 ? "user root;" : ""} daemon off; worker_processes 1; pid ${folder}/pid;
     error_log stderr crit; events { worker_connections 256; }
     http { access_log off; ${temporary} keepalive_requests 100000; ${upstreams.join("\n")}
       server { ${alive.map((address) => `listen ${address};`).join(" ")} return 204; }
       server { listen 127.0.0.1:${port}; ${locations.join("\n")} } }`,
  );
  const program = findProgram("nginx") ?? "nginx";
  const args = ["-e", "stderr", "-p", folder, "-c", `${folder}/nginx.conf`];
  const child = new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
  let isOver = false;
  const over = child.status.then(() => isOver = true);
  for (let isListening = false; !isListening;) {
    if (isOver) throw new Error("Cannot start nginx: it ended at once");
    try {
      (await rawClient(port)).close();
      isListening = true;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  const client = Deno.createHttpClient({});
  return {
    async tried(list, key) {
      // A header's value is bytes; fetch takes each character for one.
      const bytes = String.fromCharCode(...new TextEncoder().encode(key));
      const headers = { "x-key": bytes };
      const response = await fetch(`http://127.0.0.1:${port}/${list}`, { client, headers });
      await response.body?.cancel();
      return (response.headers.get("x-tried") ?? "").split(", ");
    },
    async [Symbol.asyncDispose]() {
      client.close();
      if (!isOver) child.kill("SIGQUIT");
      await over;
    },
  };
}
