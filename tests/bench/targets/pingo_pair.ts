/**
 * Two processes of a proxy on one port (SO_REUSEPORT): the kernel shares the connections out. Argument: the program.
 *
 * @module
 */

const [program] = Deno.args;
const workers = [0, 1].map(() =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--unstable-net", program],
    env: { REUSE_PORT: "on" },
  }).spawn()
);
Deno.addSignalListener("SIGTERM", () => {
  for (const worker of workers) worker.kill("SIGTERM");
});
const codes = await Promise.all(workers.map(async ({ status }) => (await status).code));
Deno.exit(Math.max(...codes));
