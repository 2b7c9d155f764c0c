import { assertEquals } from "@std/assert";
import { checkout } from "../support/checkout.ts";
import { packageConfig } from "../support/package_config.ts";
import { runDeno } from "../support/run_deno.ts";
import { tempProject } from "../support/temp_project.ts";

Deno.test("the package runs in a consumer's project when that has none of its unstable flags", async () => {
  const { name, version } = await packageConfig(checkout);
  await using consumer = await tempProject({
    "deno.json": JSON.stringify({
      imports: { [name]: `jsr:${name}@^${version}` },
      links: [checkout],
      vendor: true,
      lock: false,
    }),
    "main.ts": await Deno.readTextFile(`${checkout}/tests/ground/consumer/main.ts`),
  });
  // The packages that this one imports from JSR: fetched, or the stand-in that `deno task setup` wrote.
  await Deno.symlink(`${checkout}/vendor`, `${consumer.root}/vendor`);

  const args = ["run", "--check", "--allow-net=127.0.0.1", "main.ts"];
  const { code, stdout, stderr } = await runDeno(args, { cwd: consumer.root });
  assertEquals(code, 0, stderr);
  assertEquals(JSON.parse(stdout), {
    body: "POST through the proxy",
    status: 504,
    field: "1",
    isExpired: false,
    hasUnstableNet: false,
  });
});
