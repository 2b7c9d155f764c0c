import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { testTls } from "../core/listen/_certificate.ts";
import { needs } from "../support/needs.ts";
import { type TempProject, tempProject } from "../support/temp_project.ts";
import { noise } from "./_digest.ts";
import { npm } from "./_npm.ts";
import { platform, type ServedProxy, serveProxy, wire } from "./_proxy.ts";
import { startVerdaccio, type Verdaccio } from "./_verdaccio.ts";

/** Folders with two packages, of which one depends on the other, and with an empty project. */
async function packages(): Promise<TempProject> {
  return await tempProject({
    "registry/README": "What Verdaccio keeps",
    "cache/README": "What npm keeps",
    "small/package.json": JSON.stringify({
      name: "small",
      version: "1.0.0",
      description: "Größe ✓",
      dependencies: { "@scope/large": "^1.0.0" },
    }),
    "small/index.js": `module.exports = "small";\n`,
    "large/package.json": JSON.stringify({ name: "@scope/large", version: "1.0.0" }),
    "project/package.json": JSON.stringify({ name: "project", private: true }),
    "other/package.json": JSON.stringify({ name: "other", private: true }),
  });
}

/** Signs up at the registry through the proxy, and has npm use it in each folder. */
async function signUp(root: string, url: string): Promise<void> {
  const user = { name: "ann", password: "a secret of ann", type: "user", roles: [] };
  const client = Deno.createHttpClient({ caCerts: [testTls.cert] });
  const response = await fetch(`${url}/-/user/org.couchdb.user:ann`, {
    method: "PUT",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(user),
    client,
  });
  const { token } = await response.json();
  client.close();
  assertEquals(response.status, 201);
  const { host } = new URL(url);
  const settings = `registry=${url}/\n//${host}/:_authToken=${token}\nstrict-ssl=false\n`;
  for (const folder of ["small", "large", "project", "other"]) {
    await Deno.writeTextFile(`${root}/${folder}/.npmrc`, settings);
  }
}

/** The paths and statuses of what npm asked for. */
function statusesOf({ ends }: ServedProxy): number[] {
  return ends.map(({ status }) => status);
}

interface Ground {
  readonly name: string;
  readonly serve: (registry: Verdaccio) => Promise<ServedProxy>;
}

const grounds: Ground[] = [
  { name: wire.name, serve: ({ address }) => serveProxy({ upstream: address }) },
  {
    name: `${wire.name}, TLS`,
    serve: ({ address }) => serveProxy({ upstream: address, tls: testTls }),
  },
  {
    name: platform.name,
    serve: ({ address }) => serveProxy({ upstream: address, ground: platform }),
  },
];

for (const { name, serve } of grounds) {
  Deno.test({
    ...needs("npm", `npm through HttpProxy (${name}) publishes to Verdaccio and installs from it`),
    async fn() {
      await using files = await packages();
      const { root } = files;
      const cache = `${root}/cache`;
      const run = (folder: string, ...args: string[]) =>
        npm(args, { cwd: `${root}/${folder}`, cache });
      const content = noise(2_000_000);
      await Deno.writeFile(`${root}/large/data.bin`, content);
      await using registry = await startVerdaccio(`${root}/registry`);
      await using proxy = await serve(registry);
      await signUp(root, proxy.url);

      await run("large", "publish", "--access=public");
      await run("small", "publish");
      const { stdout } = await run("other", "view", "small", "--json");
      const view = JSON.parse(stdout);
      assertEquals(view.description, "Größe ✓");
      // The registry tells where packages lie as its client sees it: behind the proxy.
      assertStringIncludes(view.dist.tarball, `${proxy.url}/small/`);

      await run("project", "install", "small");
      const modules = `${root}/project/node_modules`;
      assertEquals(await Deno.readFile(`${modules}/@scope/large/data.bin`), content);
      assertEquals(
        await Deno.readTextFile(`${modules}/small/index.js`),
        `module.exports = "small";\n`,
      );

      // What npm has already is confirmed, not sent again.
      const before = statusesOf(proxy).filter((status) => status === 304).length;
      await run("other", "install", "small", "--prefer-online");
      assert(statusesOf(proxy).filter((status) => status === 304).length > before);

      await run("small", "unpublish", "--force", "small@1.0.0");
      await assertRejects(() => run("other", "view", "small", "--prefer-online"), Error, "E404");
      assertEquals(proxy.ends.filter(({ error }) => error !== null), []);
    },
  });
}
