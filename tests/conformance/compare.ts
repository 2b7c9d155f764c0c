/**
 * What nginx and HAProxy make of the cases, as reverse proxies side by side with this engine:
 *
 *     deno run -A tests/conformance/compare.ts > table.md
 *
 * It is how the choices that the RFCs leave were looked up; `others` in the tables says what came out.
 *
 * @module
 */

import { http1Transport, listen } from "../../core/mod.ts";
import { HttpProxy } from "../../proxy/mod.ts";
import { findProgram } from "../support/needs.ts";
import { freePort } from "../support/ports.ts";
import { rawClient } from "../support/raw.ts";
import { chunkCases } from "./_chunk_cases.ts";
import { connectionCases } from "./_connection_cases.ts";
import { fieldCases } from "./_field_cases.ts";
import { framingCases } from "./_framing_cases.ts";
import { lenientUpstream } from "./_lenient_upstream.ts";
import type { RequestCase } from "./_request_case.ts";
import { startLineCases } from "./_start_line_cases.ts";

const NEXT = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

await using upstream = lenientUpstream();

function nginxConfig(folder: string, port: number, upstreamUrl: string): string {
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  return `daemon off; worker_processes 1; pid ${folder}/pid; error_log /dev/null;
${Deno.uid() === 0 ? "user root;" : ""}
events { worker_connections 100; }
http { access_log off; ${paths} client_header_timeout 1s; client_body_timeout 1s; keepalive_timeout 1s;
server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstreamUrl}; proxy_http_version 1.1;
proxy_set_header Host $http_host; } } }`;
}

function haproxyConfig(port: number, upstreamAddress: string): string {
  return `defaults
  mode http
  timeout connect 5s
  timeout client 1s
  timeout server 5s
  timeout http-request 1s
  timeout http-keep-alive 1s
frontend f
  bind 127.0.0.1:${port}
  default_backend b
backend b
  server s ${upstreamAddress}
`;
}

/** A proxy on a port, until it is disposed of. */
async function start(program: string, args: string[], port: number): Promise<AsyncDisposable> {
  const child = new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
  for (;;) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

async function outcome(port: number, { sends, ends }: RequestCase): Promise<string> {
  upstream.takeSeen();
  using client = await rawClient(port);
  const received = client.readToEnd();
  try {
    await client.send(ends ? sends : sends + NEXT);
    if (ends) await client.conn.closeWrite();
  } catch {
    // It has closed: what it has answered counts.
  }
  const text = await received;
  const statuses = [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => status);
  const requests = upstream.takeSeen().map((each) =>
    each.length > 60 ? `${each.slice(0, 60)}…` : each
  );
  return `${statuses.join(" ") || (text === "" ? "closed" : "0.9")} (${requests.join("; ")})`
    .replace(" ()", "");
}

function program(name: string): string {
  const path = findProgram(name);
  if (path === null) throw new Error(`Cannot compare: ${name} is not installed`);
  return path;
}

const folder = await Deno.makeTempDir();
try {
  const transport = http1Transport();
  await using proxy = new HttpProxy({ upstream: upstream.address, transport });
  await using here = await listen({ address: "127.0.0.1:0", engine: "wire" }, proxy.handle);
  const herePort = here.address.transport === "tcp" ? here.address.port : 0;
  const nginxPort = freePort();
  const haproxyPort = freePort();
  const config = nginxConfig(folder, nginxPort, `http://${upstream.address}`);
  await Deno.writeTextFile(`${folder}/nginx.conf`, config);
  await Deno.writeTextFile(
    `${folder}/haproxy.cfg`,
    haproxyConfig(haproxyPort, upstream.address),
  );
  const nginxArgs = ["-e", "/dev/null", "-p", folder, "-c", `${folder}/nginx.conf`];
  await using _nginx = await start(program("nginx"), nginxArgs, nginxPort);
  await using _haproxy = await start(
    program("haproxy"),
    ["-db", "-f", `${folder}/haproxy.cfg`],
    haproxyPort,
  );
  console.log("| rule | case | here | nginx | HAProxy |\n| --- | --- | --- | --- | --- |");
  const all = [startLineCases, fieldCases, framingCases, chunkCases, connectionCases].flat();
  for (const one of all) {
    const row = [];
    for (const port of [herePort, nginxPort, haproxyPort]) row.push(await outcome(port, one));
    const cells = [one.section, one.name, ...row].map((cell) => cell.replaceAll("|", "\\|"));
    console.log(`| ${cells.join(" | ")} |`);
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
