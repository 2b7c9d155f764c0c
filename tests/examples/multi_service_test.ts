import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { listen, reply } from "../../core/mod.ts";
import { Program } from "./_program.ts";

const MULTI = ["examples/multi_service.ts"];
const FREE = { FILES_LISTEN: "127.0.0.1:0", ADMIN: "127.0.0.1:0" };

async function get(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

Deno.test("examples/multi_service.ts runs proxy, files and admin in one server", async () => {
  await using upstream = await listen({ address: "127.0.0.1:0" }, () => reply(200, "from the API"));
  await using program = await Program.start(MULTI, {
    ...FREE,
    TARGET: upstream.url,
    ACCESS_LOG: "combined",
  });
  assertEquals(await get(program.url("api")), { status: 200, text: "from the API" });
  const files = program.url("files");
  assertStringIncludes((await get(files)).text, "<h1>A file</h1>");
  assertEquals((await get(`${files}/absent`)).status, 404);
  assertEquals((await get(`${files}/..%2f..%2fdeno.json`)).text.includes("exports"), false);
  const admin = program.url("admin");
  assertEquals(await get(`${admin}/readyz`), { status: 200, text: "ready\n" });
  const { text } = await get(`${admin}/metrics`);
  for (const [service, status] of [["api", 200], ["files", 200], ["files", 404]]) {
    assertStringIncludes(
      text,
      `pingo_http_requests_total{service="${service}",method="GET",status="${status}"}`,
    );
  }
  program.kill("SIGTERM");
  const { code, stdout } = await program.ended();
  assertEquals(code, 0);
  const logged = stdout.split("\n").filter((line) => line.includes('"GET / HTTP/1.1" 200 '));
  assertEquals(logged.length, 2, stdout);
});

Deno.test("examples/multi_service.ts starts with a demo site when there is no TARGET", async () => {
  await using program = await Program.start(MULTI, FREE);
  assertStringIncludes((await get(program.url("api"))).text, "This page went through your proxy.");
});

const refused = [
  { name: "LISTEN", env: { LISTEN: "x" } },
  { name: "FILES_LISTEN", env: { FILES_LISTEN: "x" } },
  { name: "ADMIN", env: { ADMIN: "x" } },
];
for (const { name, env } of refused) {
  Deno.test(`examples/multi_service.ts ends with 2 and one line when ${name} is no address`, async () => {
    const { code, stderr } = await Program.run(MULTI, { LISTEN: "127.0.0.1:0", ...FREE, ...env });
    assertEquals(code, 2);
    assertMatch(stderr, /^Cannot parse listen address "x": the port is missing\n$/);
  });
}

Deno.test("examples/multi_service.ts ends with 1 when one of its ports is taken", async () => {
  await using other = await listen({ address: "127.0.0.1:0" }, () => reply(200));
  const { host } = new URL(other.url);
  const env = { LISTEN: "127.0.0.1:0", ...FREE, FILES_LISTEN: host };
  const { code, stderr } = await Program.run(MULTI, env);
  assertEquals([code, stderr], [1, `Cannot listen on ${host}: the port is taken\n`]);
});
