import { nginxArguments, nginxConfig } from "../nginx_config.ts";
import { capture, findProgram } from "../process/programs.ts";
import type { Site, Target } from "./target.ts";

/** nginx, which everything is compared with: one worker, upstream connections kept alive, no access log. */
export const nginx: Target = nginxTarget({
  name: "nginx",
  title: "nginx, one worker, keep-alive to the upstream, no temporary files, buffers as by default",
  buffers: [],
});

/** nginx as somebody sets it who passes on large bodies: its small buffers are half of what these cost it. */
export const nginxTuned: Target = nginxTarget({
  name: "nginx-tuned",
  title: "the same nginx with proxy buffers of 64 KiB",
  buffers: [
    "      proxy_buffers 8 64k;",
    "      proxy_buffer_size 64k;",
    "      proxy_busy_buffers_size 128k;",
  ],
});

interface NginxTargetOptions extends Pick<Target, "name" | "title"> {
  /** Directives of its proxy. */
  readonly buffers: readonly string[];
}

function nginxTarget({ name, title, buffers }: NginxTargetOptions): Target {
  return {
    name,
    title,

    async version() {
      return (await capture(await findProgram("nginx"), ["-v"])).replace(/^nginx version: /, "");
    },

    async prepare(site) {
      const { folder, maxFiles } = site;
      const config = nginxConfig({ folder, connections: maxFiles, http: http(site, buffers) });
      await Deno.writeTextFile(`${folder}/nginx.conf`, config);
      return { program: await findProgram("nginx"), args: nginxArguments(folder) };
    },
  };
}

function http({ port, upstreamPort, certificate }: Site, buffers: readonly string[]): string {
  const tls = certificate === null ? "" : " ssl";
  return [
    "  upstream bench {",
    `    server 127.0.0.1:${upstreamPort};`,
    "    keepalive 1024;",
    "    keepalive_requests 1000000000;",
    "    keepalive_timeout 1h;",
    "  }",
    "  server {",
    `    listen 127.0.0.1:${port}${tls} backlog=4096;`,
    ...(certificate === null ? [] : [
      `    ssl_certificate ${certificate.certFile};`,
      `    ssl_certificate_key ${certificate.keyFile};`,
      "    ssl_protocols TLSv1.2 TLSv1.3;",
    ]),
    "    location / {",
    "      proxy_pass http://bench;",
    "      proxy_http_version 1.1;",
    '      proxy_set_header Connection "";',
    // What the toolkit does by default: Host unchanged, forwarding fields added.
    "      proxy_set_header Host $http_host;",
    "      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
    "      proxy_set_header X-Forwarded-Proto $scheme;",
    // A slow client must not make it a test of the disk.
    "      proxy_max_temp_file_size 0;",
    ...buffers,
    "    }",
    "  }",
  ].join("\n");
}
