import { assertEquals, assertStringIncludes } from "@std/assert";
import { needs } from "../support/needs.ts";
import { Dnsmasq } from "../loadbalancing/discovery/_dnsmasq.ts";
import { Program } from "./_program.ts";

const EXAMPLE = ["examples/backends.ts"];

/** A server that answers with its name; `/healthz` and the rest have a status each. */
function backend(name: string) {
  const status = { health: 200, traffic: 200 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, ({ url }) => {
    const isCheck = new URL(url).pathname === "/healthz";
    return new Response(name, { status: isCheck ? status.health : status.traffic });
  });
  return { status, port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

function urlOf(program: Program): string {
  return /Try it: curl -i (\S+)/.exec(program.stderr)?.[1] ?? "";
}

/** The names that answer so many requests, in alphabetical order, and the worst status. */
async function ask(url: string, times: number): Promise<{ names: string[]; worst: number }> {
  const names = new Set<string>();
  let worst = 0;
  for (let n = 0; n < times; n++) {
    const response = await fetch(url);
    const text = await response.text();
    if (response.ok) names.add(text);
    worst = Math.max(worst, response.status);
  }
  return { names: [...names].sort(), worst };
}

Deno.test("examples/backends.ts follows its file, and asks backends whether they are well", async () => {
  await using a = backend("a");
  await using b = backend("b");
  await using c = backend("c");
  const path = await Deno.makeTempFile({ suffix: ".yaml" });
  const write = (...ports: number[]) =>
    Deno.writeTextFile(path, `backends: [${ports.map((port) => `127.0.0.1:${port}`)}]\n`);
  try {
    c.status.health = 503;
    await write(a.port, b.port, c.port);
    const env = { BACKENDS: path, HEALTH_PATH: "/healthz", INTERVAL_MS: "50" };
    await using program = await Program.start(EXAMPLE, env);
    const url = urlOf(program);
    assertEquals(await ask(url, 8), { names: ["a", "b"], worst: 200 });

    c.status.health = 200;
    await program.until("stderr", "backend healthy");
    assertEquals((await ask(url, 9)).names, ["a", "b", "c"]);

    await write(b.port, c.port);
    await program.until("stderr", "removed=1");
    assertEquals((await ask(url, 8)).names, ["b", "c"]);

    await Deno.truncate(path, 12);
    await program.until("stderr", "the last good backends stay");
    assertEquals((await ask(url, 8)).names, ["b", "c"]);

    // Its checks pass, its answers do not.
    b.status.traffic = 500;
    await ask(url, 12);
    await program.until("stderr", "backend ejected");
    assertEquals(await ask(url, 8), { names: ["c"], worst: 200 });
    program.kill("SIGTERM");
    assertEquals((await program.ended()).code, 0);
  } finally {
    await Deno.remove(path);
  }
});

Deno.test({
  ...needs("dnsmasq", "examples/backends.ts finds its backends by SRV records"),
  fn: async () => {
    await using a = backend("a");
    await using b = backend("b");
    await using dns = await Dnsmasq.start("127.0.0.1 host.test\n", [
      `srv-host=_http._tcp.app.test,host.test,${a.port},10,1`,
      `srv-host=_http._tcp.app.test,host.test,${b.port},20,1`,
    ]);
    const env = { SRV: "_http._tcp.app.test", DNS: dns.address };
    await using program = await Program.start(EXAMPLE, env);
    assertEquals(await ask(urlOf(program), 4), { names: ["a"], worst: 200 });
  },
});

Deno.test("examples/backends.ts says what is missing", async () => {
  const { code, stderr } = await Program.run(EXAMPLE);
  assertEquals(code, 2);
  assertStringIncludes(stderr, "set either BACKENDS, a file, or SRV, a name");
});
