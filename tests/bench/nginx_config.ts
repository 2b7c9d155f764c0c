/** Options of {@linkcode nginxConfig}. */
export interface NginxConfigOptions {
  /** Folder for its files. */
  readonly folder: string;
  /** How many connections it may have. */
  readonly connections: number;
  /** What is in the `http` block besides what every nginx here has. */
  readonly http: string;
}

/** A configuration for one nginx that leaves nothing outside its folder. */
export function nginxConfig(options: NginxConfigOptions): string {
  const { folder, connections, http } = options;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${folder}/${name};`);
  return [
    // The worker must read the folder, which belongs to whoever runs the bench.
    ...(Deno.uid() === 0 ? ["user root;"] : []),
    "daemon off;",
    "worker_processes 1;",
    `worker_rlimit_nofile ${connections};`,
    `pid ${folder}/nginx.pid;`,
    "error_log stderr error;",
    `events { worker_connections ${connections}; }`,
    "http {",
    ...temporary,
    "  access_log off;",
    "  default_type text/plain;",
    "  sendfile on;",
    "  tcp_nopush on;",
    // A connection is never closed in the middle of a run.
    "  keepalive_requests 1000000000;",
    "  keepalive_timeout 1h;",
    http,
    "}",
    "",
  ].join("\n");
}

/** Arguments that start an nginx with a configuration of the bench. */
export function nginxArguments(folder: string): string[] {
  return ["-e", "stderr", "-p", folder, "-c", `${folder}/nginx.conf`];
}
