import { assertEquals, assertStringIncludes } from "@std/assert";
import { checkout } from "../support/checkout.ts";
import { runDeno } from "../support/run_deno.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";

// Port 9 (discard) is bound by nobody: an address where no JSR answers.
const nowhere = "http://127.0.0.1:9/";
const wrote = "JSR does not answer: wrote a stand-in for jsr:@std into vendor/\n";
const removed = "JSR answers: removed the stand-in from vendor/\n";

/** A project that uses the packages, with the tool but nothing in vendor/. */
function project(versions: { assert: string } = { assert: "1.0.19" }): Promise<TempProject> {
  const imports = {
    "@std/assert": `jsr:@std/assert@${versions.assert}`,
    "@std/http": "jsr:@std/http@1.1.3",
    "@std/log": "jsr:@std/log@0.224.14",
    "@std/testing": "jsr:@std/testing@1.0.20",
    "@std/yaml": "jsr:@std/yaml@1.2.0",
  };
  return tempProject({
    "deno.json": JSON.stringify({ imports, vendor: true, lock: false }),
    "main.ts": `import { assertEquals } from "@std/assert";
import { eTag } from "@std/http/etag";
import { STATUS_TEXT } from "@std/http";
import { getLogger } from "@std/log";
import { spy } from "@std/testing/mock";
import { FakeTime } from "@std/testing/time";
import { parse } from "@std/yaml";
using time = new FakeTime(0);
time.tick(5);
assertEquals(
  [parse("[1]"), STATUS_TEXT[404], typeof await eTag("a"), getLogger().levelName, spy().calls, Date.now()],
  [[1], "Not Found", "string", "INFO", [], 5],
);
console.log("all five");
`,
  });
}

async function setup(root: string, registry: string = nowhere): Promise<string> {
  const args = ["run", "-A", `${checkout}/tools/setup.ts`, "--root", root, "--registry", registry];
  const { code, stderr } = await runDeno(args, { cwd: root });
  assertEquals(code, 0, stderr);
  return stderr;
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch {
    return false;
  }
}

/** A registry that knows every package, as JSR would answer. */
function fakeJsr(answer: () => Response): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, answer);
}

const meta = (): Response => Response.json({ scope: "std", name: "assert", versions: {} });

function addressOf(server: Deno.HttpServer<Deno.NetAddr>): string {
  return `http://127.0.0.1:${server.addr.port}/`;
}

Deno.test("setup makes a program run and type-check when no JSR answers", async () => {
  await using created = await project();
  const { root } = created;
  assertEquals(await setup(root), wrote);
  const { code, stdout, stderr } = await runDeno(["run", "-A", "--check", "main.ts"], {
    cwd: root,
  });
  assertEquals({ code, stdout }, { code: 0, stdout: "all five\n" }, stderr);
});

Deno.test("setup changes nothing when it runs a second time", async () => {
  await using created = await project();
  const { root } = created;
  await setup(root);
  const path = `${root}/vendor/jsr.io/@std/assert/meta.json`;
  const before = await Deno.stat(path);
  assertEquals(await setup(root), "");
  assertEquals((await Deno.stat(path)).ino, before.ino);
});

Deno.test("setup writes the stand-in for another version when deno.json names one", async () => {
  await using created = await project();
  const { root } = created;
  await setup(root);
  const config = await Deno.readTextFile(`${root}/deno.json`);
  await Deno.writeTextFile(`${root}/deno.json`, config.replace("assert@1.0.19", "assert@1.0.20"));
  assertEquals(await setup(root), wrote);
  assertEquals(await exists(`${root}/vendor/jsr.io/@std/assert/1.0.20_meta.json`), true);
});

const damages: { name: string; damage: (folder: string) => Promise<void> }[] = [
  { name: "a module is missing", damage: (folder) => Deno.remove(`${folder}/1.0.19/mod.ts`) },
  { name: "a module is cut", damage: (folder) => Deno.truncate(`${folder}/1.0.19/mod.ts`, 3) },
  {
    name: "meta.json is no JSON",
    damage: (folder) => Deno.writeTextFile(`${folder}/meta.json`, "{"),
  },
  {
    name: "the whole package is missing",
    damage: (folder) => Deno.remove(folder, { recursive: true }),
  },
];
for (const { name, damage } of damages) {
  Deno.test(`setup repairs the stand-in when ${name}`, async () => {
    await using created = await project();
    const { root } = created;
    await setup(root);
    const folder = `${root}/vendor/jsr.io/@std/assert`;
    const module = await Deno.readTextFile(`${folder}/1.0.19/mod.ts`);
    await damage(folder);
    assertEquals(await setup(root), wrote);
    assertEquals(await Deno.readTextFile(`${folder}/1.0.19/mod.ts`), module);
  });
}

Deno.test("setup removes vendor/ whole when a stand-in lies there and JSR answers", async () => {
  await using created = await project();
  const { root } = created;
  await setup(root);
  await using server = fakeJsr(meta);
  assertEquals(await setup(root, addressOf(server)), removed);
  assertEquals(await exists(`${root}/vendor`), false);
});

Deno.test("setup removes vendor/ whole when it is broken and JSR answers", async () => {
  await using created = await project();
  const { root } = created;
  await setup(root);
  await Deno.writeTextFile(`${root}/vendor/jsr.io/@std/log/meta.json`, "");
  await using server = fakeJsr(meta);
  assertEquals(await setup(root, addressOf(server)), removed);
  assertEquals(await exists(`${root}/vendor`), false);
});

Deno.test("setup writes nothing when JSR answers", async () => {
  await using created = await project();
  const { root } = created;
  await using server = fakeJsr(meta);
  assertEquals(await setup(root, addressOf(server)), "");
  assertEquals(await exists(`${root}/vendor`), false);
});

Deno.test("setup asks nobody and leaves vendor/ alone when real packages lie there", async () => {
  await using created = await project();
  const { root } = created;
  await setup(root);
  for await (const { name } of Deno.readDir(`${root}/vendor/jsr.io/@std`)) {
    const path = `${root}/vendor/jsr.io/@std/${name}/meta.json`;
    const text = await Deno.readTextFile(path);
    await Deno.writeTextFile(path, text.replace(`,"standIn":true`, ""));
  }
  let asked = 0;
  await using server = fakeJsr(() => {
    asked++;
    return meta();
  });
  assertEquals(await setup(root, addressOf(server)), "");
  assertEquals({ asked, vendor: await exists(`${root}/vendor`) }, { asked: 0, vendor: true });
});

const refusals: { name: string; answer: () => Response }[] = [
  {
    name: "a page that is no JSON",
    answer: () => new Response("<h1>Sign in to this network</h1>"),
  },
  { name: "JSON of something else", answer: () => Response.json({}) },
  { name: "an error", answer: () => new Response("", { status: 503 }) },
];
for (const { name, answer } of refusals) {
  Deno.test(`setup writes the stand-in when the registry answers with ${name}`, async () => {
    await using created = await project();
    await using server = fakeJsr(answer);
    assertEquals(await setup(created.root, addressOf(server)), wrote);
  });
}

Deno.test("setup keeps a stand-in and ends soon when the registry never answers", async () => {
  await using created = await project();
  await setup(created.root);
  using listener = Deno.listen({ port: 0, hostname: "127.0.0.1" });
  const started = performance.now();
  assertEquals(await setup(created.root, `http://127.0.0.1:${listener.addr.port}/`), "");
  assertEquals(performance.now() - started < 5000, true);
});

Deno.test("setup fails when deno.json names a package that has no stand-in", async () => {
  await using created = await tempProject({
    "deno.json": `{ "imports": { "@std/path": "jsr:@std/path@1.1.4" } }`,
  });
  const { code, stderr } = await runDeno(
    ["run", "-A", `${checkout}/tools/setup.ts`, "--root", created.root, "--registry", nowhere],
  );
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Cannot set up jsr:@std/path: tools/standin/ does not have it");
});
