import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { testTls } from "../core/listen/_certificate.ts";
import { needs } from "../support/needs.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { noise } from "./_digest.ts";
import { commitFile, commitOf, git } from "./_git.ts";
import { serveGit } from "./_git_server.ts";
import { platform, serveProxy, wire } from "./_proxy.ts";

/** More than `http.postBuffer`, whence git sends what it pushes in chunks. */
const LARGE = 3_000_000;

/** A folder with `server/project.git`, which has one commit with one file on main. */
async function project(content: Uint8Array | string): Promise<TempProject> {
  const files = await tempProject({ "server/README": "Repositories", "author/README": "Read me" });
  const author = `${files.root}/author`;
  await git(["init", "--quiet", "--initial-branch=main"], { cwd: author });
  await commitFile(author, "content", content);
  await git(["clone", "--quiet", "--bare", "author", "server/project.git"], { cwd: files.root });
  return files;
}

for (const ground of [wire, platform]) {
  const test = (name: string, fn: () => Promise<void>) =>
    Deno.test({ ...needs("git", `git through HttpProxy (${ground.name}) ${name}`), fn });

  test("clones", async () => {
    const content = noise(LARGE);
    await using files = await project(content);
    const { root } = files;
    await using server = serveGit(`${root}/server`);
    await using proxy = await serveProxy({ upstream: server.address, ground });
    await git(["clone", "--quiet", `${proxy.url}/project.git`, "clone"], { cwd: root });
    assertEquals(await Deno.readFile(`${root}/clone/content`), content);
    await git(["fsck", "--strict"], { cwd: `${root}/clone` });
  });

  test("pushes 3 MB in chunks, and fetches them", async () => {
    const content = noise(LARGE);
    await using files = await project("small");
    const { root } = files;
    await using server = serveGit(`${root}/server`);
    await using proxy = await serveProxy({ upstream: server.address, ground });
    const url = `${proxy.url}/project.git`;
    await git(["clone", "--quiet", url, "one"], { cwd: root });
    await git(["clone", "--quiet", url, "two"], { cwd: root });
    await commitFile(`${root}/one`, "large", content);
    await git(["push", "--quiet"], { cwd: `${root}/one` });
    const commit = await commitOf(`${root}/one`, "HEAD");
    assertEquals(await commitOf(`${root}/server/project.git`, "main"), commit);
    const push = proxy.requests.findLast(({ target }) =>
      target === "/project.git/git-receive-pack"
    );
    assertEquals(push?.headers.get("transfer-encoding"), "chunked");
    await git(["pull", "--quiet"], { cwd: `${root}/two` });
    assertEquals(await Deno.readFile(`${root}/two/large`), content);
  });
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needs("git", `git through HttpProxy ${name}`), fn });
}

test("is told to go on when it expects 100", async () => {
  await using files = await project("small");
  const { root } = files;
  await using server = serveGit(`${root}/server`);
  await using proxy = await serveProxy({ upstream: server.address });
  await git(["clone", "--quiet", `${proxy.url}/project.git`, "clone"], { cwd: root });
  await commitFile(`${root}/clone`, "large", noise(LARGE));
  const { stderr } = await git(
    ["-c", "http.extraHeader=Expect: 100-continue", "push", "origin", "HEAD:refs/heads/topic"],
    { cwd: `${root}/clone`, env: { GIT_TRACE_CURL: "1", GIT_TRACE_CURL_NO_DATA: "1" } },
  );
  const large = proxy.requests.findLast(({ headers }) => headers.has("transfer-encoding"));
  assertEquals(large?.headers.get("expect"), "100-continue");
  assertStringIncludes(stderr, "HTTP/1.1 100 Continue");
  assertEquals(
    await commitOf(`${root}/server/project.git`, "topic"),
    await commitOf(`${root}/clone`, "HEAD"),
  );
});

test("fetches many branches by a request in gzip", async () => {
  await using files = await project("small");
  const { root } = files;
  const bare = `${root}/server/project.git`;
  await using server = serveGit(`${root}/server`);
  await using proxy = await serveProxy({ upstream: server.address });
  await git(["clone", "--quiet", `${proxy.url}/project.git`, "clone"], { cwd: root });
  const commits = Array.from({ length: 100 }, (_, i) =>
    [
      `commit refs/heads/branch-${i}`,
      `committer Ann <ann@example.com> ${1_700_000_000 + i} +0000`,
      `data 1`,
      `x`,
      `M 100644 inline file-${i}`,
      `data 1`,
      `y`,
      ``,
    ].join("\n"));
  await git(["fast-import", "--quiet"], { cwd: bare, input: commits.join("\n") });
  await git(["fetch", "--quiet"], { cwd: `${root}/clone` });
  const encoded = proxy.requests.filter(({ headers }) =>
    headers.get("content-encoding") === "gzip"
  );
  assert(encoded.length > 0, "git has sent nothing in gzip");
  for (const i of [0, 99]) {
    assertEquals(
      await commitOf(`${root}/clone`, `origin/branch-${i}`),
      await commitOf(bare, `branch-${i}`),
    );
  }
});

test("shows its user name when it is asked for, and pushes", async () => {
  await using files = await project("small");
  const { root } = files;
  const authorization = `Basic ${btoa("ann:secret")}`;
  await using server = serveGit(`${root}/server`, { authorization });
  await using proxy = await serveProxy({ upstream: server.address });
  const url = `${proxy.url}/project.git`.replace("//", "//ann:secret@");
  await git(["clone", "--quiet", url, "clone"], { cwd: root });
  await commitFile(`${root}/clone`, "large", noise(LARGE));
  await git(["push", "--quiet"], { cwd: `${root}/clone` });
  assertEquals(
    await commitOf(`${root}/server/project.git`, "main"),
    await commitOf(`${root}/clone`, "HEAD"),
  );
  assertEquals(proxy.requests[0].headers.get("authorization"), null);
  assertEquals(proxy.requests.at(-1)?.headers.get("authorization"), authorization);
});

test("clones and pushes over TLS with HTTP/2", async () => {
  await using files = await project("small");
  const { root } = files;
  await using server = serveGit(`${root}/server`);
  await using proxy = await serveProxy({ upstream: server.address, tls: testTls });
  const env = { GIT_SSL_NO_VERIFY: "1" };
  const version = ["-c", "http.version=HTTP/2"];
  const url = `${proxy.url}/project.git`;
  await git([...version, "clone", "--quiet", url, "clone"], { cwd: root, env });
  await commitFile(`${root}/clone`, "large", noise(LARGE));
  await git([...version, "push", "--quiet"], { cwd: `${root}/clone`, env });
  assertEquals(
    await commitOf(`${root}/server/project.git`, "main"),
    await commitOf(`${root}/clone`, "HEAD"),
  );
  assertEquals(proxy.requests.at(-1)?.version, "2");
});
