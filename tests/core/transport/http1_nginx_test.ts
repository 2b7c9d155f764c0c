import { assert, assertEquals } from "@std/assert";
import { bodyFrom, http1Transport, readAll, type Reply } from "../../../core/mod.ts";
import { findProgram, needs } from "../../support/needs.ts";
import { freePort } from "../../support/ports.ts";
import { rawClient } from "../../support/raw.ts";
import { send, textOf } from "./_http1_tools.ts";

// The real thing as the upstream.

interface Nginx extends AsyncDisposable {
  readonly address: string;
  readonly socket: string;
}

const CONTENT = new Uint8Array(1_500_000).map((_, i) => (i * 7 + (i >> 8)) & 255);

async function startNginx(): Promise<Nginx> {
  const folder = await Deno.makeTempDir();
  const port = freePort();
  const socket = `${folder}/nginx.sock`;
  await Deno.writeFile(`${folder}/content`, CONTENT);
  await Deno.writeTextFile(`${folder}/text.txt`, "0123456789".repeat(500));
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(" ");
  await Deno.writeTextFile(
    `${folder}/nginx.conf`,
    `${Deno.uid() === 0 ? "user root;" : ""} daemon off; worker_processes 1; pid ${folder}/pid;
     error_log stderr error; events { worker_connections 256; }
     http { access_log off; ${temporary} keepalive_requests 5; keepalive_timeout 60s 7s; client_max_body_size 8m;
       server { listen 127.0.0.1:${port}; listen unix:${socket}; root ${folder};
         location /small { return 200 "$request_method $request_uri $http_x_tag"; }
         location /none { return 204; }
         location /moved { return 301 /there; }
         location /limited { client_max_body_size 10; proxy_pass http://127.0.0.1:${port}/small; }
         location /size { proxy_pass http://127.0.0.1:${port}/echo; }
         location /echo { client_body_in_single_buffer on; return 200 "$content_length"; }
         location /text.txt { gzip on; gzip_types text/plain; gzip_min_length 1; gzip_proxied any; }
       } }`,
  );
  const program = findProgram("nginx") ?? "nginx";
  const args = ["-e", "stderr", "-p", folder, "-c", `${folder}/nginx.conf`];
  const child = new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
  await listening(port);
  return {
    address: `127.0.0.1:${port}`,
    socket,
    async [Symbol.asyncDispose]() {
      child.kill("SIGQUIT");
      await child.status;
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Waits until somebody listens. */
async function listening(port: number): Promise<void> {
  for (;;) {
    try {
      return (await rawClient(port)).close();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function bytesOf(reply: Reply): Promise<Uint8Array> {
  const bytes = reply.body === null
    ? new Uint8Array(0)
    : await readAll(reply.body, { maxBytes: 4_000_000 });
  reply.release?.();
  return bytes;
}

Deno.test({
  ...needs("nginx", "http1Transport and nginx understand each other"),
  async fn(t) {
    await using nginx = await startNginx();
    await using transport = http1Transport();
    const to = nginx.address;

    await t.step("small answers, on as few connections as nginx allows", async () => {
      for (let i = 0; i < 10; i++) {
        const headers = [["x-tag", String(i)]] as const;
        const reply = await send(transport, to, { target: `/small?${i}`, headers });
        assertEquals(await textOf(reply), `GET /small?${i} ${i}`);
      }
      // keepalive_requests 5: each fifth answer says Connection: close.
      assertEquals(transport.statistics().fresh, 2);
    });
    await t.step("a large file", async () => {
      const reply = await send(transport, to, { target: "/content" });
      assertEquals(reply.body?.length, CONTENT.byteLength);
      assertEquals(await bytesOf(reply), CONTENT);
    });
    await t.step("HEAD, 204, 301 and a range", async () => {
      const head = await send(transport, to, { method: "HEAD", target: "/content" });
      assertEquals([head.headers.get("content-length"), head.body], [
        String(CONTENT.byteLength),
        null,
      ]);
      assertEquals((await send(transport, to, { target: "/none" })).status, 204);
      const moved = await send(transport, to, { target: "/moved" });
      assertEquals([moved.status, new URL(moved.headers.get("location") ?? "").pathname], [
        301,
        "/there",
      ]);
      await textOf(moved);
      const headers = [["range", "bytes=10-19"]] as const;
      const part = await send(transport, to, { target: "/content", headers });
      assertEquals([part.status, await bytesOf(part)], [206, CONTENT.slice(10, 20)]);
    });
    await t.step("chunked, gzip", async () => {
      const headers = [["accept-encoding", "gzip"]] as const;
      const reply = await send(transport, to, { target: "/text.txt", headers });
      assertEquals(reply.headers.get("transfer-encoding"), "chunked");
      const bytes = new Uint8Array(await bytesOf(reply));
      const plain = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      assertEquals(await new Response(plain).text(), "0123456789".repeat(500));
    });
    await t.step("uploads: of known length, in chunks, refused", async () => {
      const stream = () => new Blob([CONTENT]).stream();
      const known = bodyFrom(stream(), { length: CONTENT.byteLength });
      const put = await send(transport, to, { method: "PUT", target: "/size", body: known });
      assertEquals(await textOf(put), String(CONTENT.byteLength));
      const chunked = await send(transport, to, {
        method: "PUT",
        target: "/size",
        body: bodyFrom(stream()),
      });
      assertEquals(await textOf(chunked), String(CONTENT.byteLength));
      const refused = await send(transport, to, {
        method: "PUT",
        target: "/limited",
        body: bodyFrom(stream()),
      });
      assertEquals(refused.status, 413);
      await textOf(refused);
    });
    await t.step("Expect: 100-continue", async () => {
      const headers = [["expect", "100-continue"]] as const;
      const body = bodyFrom(new Blob([CONTENT]).stream());
      const reply = await send(transport, to, { method: "PUT", target: "/size", headers, body });
      assertEquals(await textOf(reply), String(CONTENT.byteLength));
    });
    await t.step("a unix socket", async () => {
      const reply = await send(transport, `unix:${nginx.socket}`, { target: "/small" });
      assertEquals(await textOf(reply), "GET /small ");
    });
    await t.step("many at a time", async () => {
      const all = Array.from({ length: 200 }, async (_, i) => {
        const reply = await send(transport, to, { target: i % 2 ? "/content" : `/small?${i}` });
        return (await bytesOf(reply)).byteLength;
      });
      const lengths = await Promise.all(all);
      assert(lengths.every((length, i) => i % 2 ? length === CONTENT.byteLength : length > 10));
      const { open, idle, waiting } = transport.statistics();
      assertEquals([open, waiting], [idle, 0]);
    });
  },
});
