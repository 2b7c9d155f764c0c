import { assertEquals } from "@std/assert";
import { packageConfig } from "../support/package_config.ts";
import { checkout } from "../support/checkout.ts";
import { runDeno } from "../support/run_deno.ts";
import { tempProject } from "../support/temp_project.ts";

// Deno 2.9 looks for leaks only where deno.json tells it to.
const leaks: { name: string; test: string }[] = [
  { name: "a timer", test: `setTimeout(() => {}, 60_000);` },
  { name: "a listener", test: `Deno.listen({ port: 0, hostname: "127.0.0.1" });` },
];
for (const { name, test } of leaks) {
  Deno.test(`this package's settings fail a test that leaves ${name} behind`, async () => {
    const { test: settings } = await packageConfig(checkout);
    await using project = await tempProject({
      "deno.json": JSON.stringify({ test: settings }),
      "leak_test.ts": `Deno.test("leaks", () => {\n  ${test}\n});\n`,
    });
    const { code, stdout } = await runDeno(["test", "-A"], { cwd: project.root });
    assertEquals([code, stdout.includes("Leaks detected")], [1, true], stdout);
  });
}
