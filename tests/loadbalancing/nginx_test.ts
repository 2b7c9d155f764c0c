import { assertEquals } from "@std/assert";
import { byPath, LoadBalancer, type LoadBalancerOptions } from "@pingo/pingo/loadbalancing";
import { findProgram, needs } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { exchange, settle } from "./_support.ts";

// The real nginx before servers of its own, which answer with their names.

const WEIGHTS = { a: 5, b: 1, c: 2, d: 1 };

interface Nginx extends AsyncDisposable {
  readonly folder: string;
  /** The names of the servers that answered these paths, one after the other. */
  ask(paths: readonly string[]): Promise<string>;
}

async function startNginx(): Promise<Nginx> {
  const folder = await Deno.makeTempDir();
  const port = freePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  const servers = Object.entries(WEIGHTS)
    .map(([name, weight]) => `server unix:${folder}/${name} weight=${weight};`);
  const down = servers.map((line, i) => i === 0 ? line.replace(";", " down;") : line);
  const upstreams = {
    round_robin: servers,
    round_robin_down: down,
    least_conn: ["least_conn;", ...servers],
    ketama: ["hash $uri consistent;", ...servers],
  };
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `${Deno.uid() === 0 ? "user root;" : ""} daemon off; worker_processes 1; pid ${folder}/pid;
     error_log stderr error; events { worker_connections 256; }
     http { access_log off; ${temporary}
       ${
      Object.entries(upstreams).map(([name, lines]) => `upstream ${name} { ${lines.join(" ")} }`)
        .join("\n")
    }
       ${
      Object.keys(WEIGHTS).map((name) =>
        `server { listen unix:${folder}/${name}; return 200 "${name}"; }`
      ).join("\n")
    }
       server { listen 127.0.0.1:${port};
         ${
      Object.keys(upstreams).map((name) => `location /${name}/ { proxy_pass http://${name}; }`)
        .join("\n")
    }
         location /up { return 200; }
       } }`,
  );
  const program = findProgram("nginx") ?? "nginx";
  const args = ["-e", "stderr", "-p", folder, "-c", `${folder}/nginx.conf`];
  const child = new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
  const textOf = async (path: string) =>
    await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  for (let isUp = false; !isUp;) {
    isUp = await textOf("/up").then(() => true, () => false);
    if (!isUp) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return {
    folder,
    async ask(paths) {
      let names = "";
      for (const path of paths) names += await textOf(path);
      return names;
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGQUIT");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

const cases: {
  name: string;
  options: Omit<LoadBalancerOptions, "backends">;
  disabled?: string;
}[] = [
  { name: "round_robin", options: { method: "round_robin" } },
  { name: "round_robin_down", options: { method: "round_robin" }, disabled: "a" },
  { name: "least_conn", options: { method: "least_conn" } },
  { name: "ketama", options: { method: "ketama", keyOf: byPath() } },
];

Deno.test({
  ...needs("nginx", "LoadBalancer chooses as a running nginx does"),
  async fn(t) {
    await using nginx = await startNginx();
    for (const { name, options, disabled } of cases) {
      await t.step(name, async () => {
        const { folder } = nginx;
        const backends = Object.entries(WEIGHTS).map(([name, weight]) => ({
          peer: `unix:${folder}/${name}`,
          weight,
        }));
        const balancer = new LoadBalancer({ backends, ...options });
        balancer.backends.get(`unix:${folder}/${disabled}`)?.disable();
        const paths = Array.from({ length: 60 }, (_, i) => `/${name}/${i}`);
        const chosen = paths.map((target) => {
          const selection = balancer.select(exchange({ target }), { tried: [] });
          settle(selection);
          return selection.peer.hostname.slice(folder.length + 1);
        });
        assertEquals(chosen.join(""), await nginx.ask(paths));
      });
    }
  },
});
