import { assert, assertEquals } from "@std/assert";
import { checkout } from "../support/checkout.ts";
import { needs } from "../support/needs.ts";
import { curl } from "./_curl.ts";
import { Program } from "./_program.ts";
import { answers, upstream } from "./_upstream.ts";

/** The paths of all values in a document: `services[].backends[].id`. */
function shapeOf(value: unknown, path = ""): string[] {
  if (Array.isArray(value)) return value.slice(0, 1).flatMap((each) => shapeOf(each, `${path}[]`));
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([key, each]) => shapeOf(each, `${path}.${key}`));
}

Deno.test("docs/admin.md shows /backends as examples/load_balancer.ts serves it on ADMIN", async () => {
  await using a = upstream("a");
  await using b = upstream("b");
  await using program = await Program.start(["examples/load_balancer.ts"], {
    TARGETS: `${a.address},${b.address}=2`,
    ADMIN: "127.0.0.1:0",
  });
  await answers(program.url("proxy"), 6);
  const response = await fetch(`${program.url("admin")}/backends`);
  assertEquals(response.headers.get("content-type"), "application/json");
  assertEquals(response.headers.get("cache-control"), "no-store");
  const report = await response.json();

  const guide = await Deno.readTextFile(`${checkout}/docs/admin.md`);
  const shown = JSON.parse(/^```json\n([^]*?)^```/m.exec(guide)?.[1] ?? "");
  assertEquals(shapeOf(report), shapeOf(shown));
  const [{ service, backends }] = report.services;
  assertEquals([service, backends.length], ["proxy", 2]);
  for (const backend of backends) {
    const { address, weight, statistics, health } = backend;
    assertEquals(weight, address === b.address ? 2 : 1);
    assertEquals([statistics.selected, backend.leases], [weight * 2, 0]);
    assert(health.checks >= 1);
    for (const key of Object.keys(backend)) {
      assert(guide.includes(`\`${key}\``) || ["id", "address"].includes(key), key);
    }
  }
});

Deno.test({
  ...needs("curl", "ADMIN answers HEAD with a head alone, and other methods with 405"),
  async fn() {
    await using program = await Program.start(["examples/proxy.ts"], { ADMIN: "127.0.0.1:0" });
    for (const path of ["/metrics", "/healthz", "/readyz", "/backends"]) {
      const url = `${program.url("admin")}${path}`;
      const head = await curl("--head", url);
      assertEquals([head.code, head.stdout.slice(9, 12)], [0, "200"], path);
      assert(/^cache-control: no-store\r$/im.test(head.stdout), head.stdout);
      assert(head.stdout.endsWith("\r\n\r\n"));
      const post = await curl("-i", "-d", "x", url);
      assertEquals(post.stdout.slice(9, 12), "405", path);
      assert(/^allow: GET, HEAD\r$/im.test(post.stdout), post.stdout);
    }
  },
});
