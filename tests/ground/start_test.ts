import { assertEquals } from "@std/assert";
import { checkout } from "../support/checkout.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

/** A project whose task is started as this package's `start` is, with a program that tells what it hears. */
function project(): Promise<TempProject> {
  const command = `deno run -A --preload ${checkout}/tools/follow_npx.ts main.ts`;
  return tempProject({
    "deno.json": JSON.stringify({ tasks: { start: command } }),
    "main.ts": `
Deno.addSignalListener("SIGTERM", () => {
  console.log("stopped");
  Deno.exit(7);
});
setInterval(() => {}, 60_000);
console.log("ready");
`,
  });
}

/** Reads until the text has come; null waits for the end. */
async function readUntil(
  reader: ReadableStreamDefaultReader<string>,
  text: string | null,
): Promise<string> {
  let all = "";
  while (text === null || !all.includes(text)) {
    const { done, value } = await reader.read();
    if (done) break;
    all += value;
  }
  return all;
}

Deno.test("deno task hands SIGTERM on and ends with the program's exit code", async () => {
  await using created = await project();
  await using task = new Deno.Command(Deno.execPath(), {
    args: ["task", "start"],
    cwd: created.root,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = task.stdout.pipeThrough(new TextDecoderStream()).getReader();
  await readUntil(reader, "ready");
  task.kill("SIGTERM");
  assertEquals(await readUntil(reader, null), "stopped\n");
  assertEquals((await task.status).code, 7);
});

Deno.test({
  name: "follow_npx stops the program when the shell of npx is gone",
  // Elsewhere there is no /proc to tell.
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using created = await project();
    // What npx starts: a shell that waits for `deno task`. SIGTERM ends it, and nothing below it hears of that.
    await using shell = new Deno.Command("sh", {
      args: ["-c", `"${Deno.execPath()}" task start; true`],
      cwd: created.root,
      env: { npm_command: "exec" },
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = shell.stdout.pipeThrough(new TextDecoderStream()).getReader();
    await readUntil(reader, "ready");
    shell.kill("SIGTERM");
    // The end comes when the last process that holds the pipe has gone.
    assertEquals(await readUntil(reader, null), "stopped\n");
  },
});
