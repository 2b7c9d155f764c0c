import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Handler,
  listen as listenOn,
  type Listener,
  ListenError,
  type ListenOptions,
  reply,
} from "../../../core/mod.ts";
import { needs } from "../../support/needs.ts";
import { type TempProject, tempProject } from "../../support/temp_project.ts";
import { RawClient } from "./_raw_client.ts";
import { run } from "./_run.ts";

const hello: Handler = () => reply(200, "hello\n");

/** The head of what a listener answers over its socket. */
async function ask(listener: Listener): Promise<string> {
  using client = await RawClient.connect(listener.address);
  await client.get("/");
  return await client.until("\r\n\r\n");
}

function names({ root }: TempProject): string[] {
  return [...Deno.readDirSync(root)].map(({ name }) => name);
}

/** The socket file of a process that died. */
function leaveStale(path: string): void {
  using listener = Deno.listen({ transport: "unix", path: `${path}.old` });
  Deno.renameSync(`${path}.old`, path);
  // Closing removes the name that it was bound to, which is not there any more.
  void listener;
}

for (const engine of ["deno", "wire"] as const) {
  const listen = (options: ListenOptions, handler: Handler): Promise<Listener> =>
    listenOn({ engine, ...options }, handler);

  Deno.test({
    ...needs("curl", `listen() (${engine}) serves curl over a unix socket`),
    fn: async () => {
      await using folder = await tempProject({});
      await using listener = await listen(
        { address: `unix:${folder.root}/x.sock` },
        ({ client }) => {
          return reply(200, `${client.transport} ${JSON.stringify(client.address)} ${client.port}`);
        },
      );
      assertEquals(
        listener.describe(),
        `unix:${folder.root}/x.sock (${engine} engine, ${
          engine === "deno" ? "HTTP/1.1, h2c" : "HTTP/1.1"
        })`,
      );
      const socket = `${folder.root}/x.sock`;
      const { stdout } = await run("curl", "-s", "--unix-socket", socket, "http://localhost/");
      assertEquals(stdout, 'unix "" 0');
    },
  });

  Deno.test(`listen() (${engine}) makes a socket for everybody and removes it at the end`, async () => {
    await using folder = await tempProject({});
    const listener = await listen({ address: `unix:${folder.root}/x.sock` }, hello);
    const { mode } = await Deno.stat(`${folder.root}/x.sock`);
    assertEquals((mode ?? 0) & 0o777, 0o666);
    assertEquals(names(folder), ["x.sock"]);
    await listener.close();
    assertEquals(names(folder), []);
  });

  Deno.test(`listen() (${engine}) makes a socket of the mode that unixMode asks for`, async () => {
    await using folder = await tempProject({});
    const address = `unix:${folder.root}/x.sock`;
    await using _listener = await listen({ address, unixMode: 0o600 }, hello);
    const { mode } = await Deno.stat(`${folder.root}/x.sock`);
    assertEquals((mode ?? 0) & 0o777, 0o600);
  });

  Deno.test(`listen() (${engine}) takes the place of a socket on which nobody answers`, async () => {
    await using folder = await tempProject({});
    const path = `${folder.root}/x.sock`;
    leaveStale(path);
    assertEquals((await Deno.lstat(path)).isSocket, true);
    await using listener = await listen({ address: `unix:${path}` }, hello);
    assertStringIncludes(await ask(listener), "200 OK");
  });

  Deno.test(`listen() (${engine}) rejects with address_in_use when somebody answers on the socket`, async () => {
    await using folder = await tempProject({});
    const address = `unix:${folder.root}/x.sock`;
    await using first = await listen({ address }, hello);
    const error = await assertRejects(() => listen({ address }, hello), ListenError);
    assertEquals(error.code, "address_in_use");
    assertEquals(error.message, `Cannot listen on ${address}: another process listens there`);
    assertStringIncludes(await ask(first), "200 OK");
  });

  Deno.test(`listen() (${engine}) rejects and leaves the file alone when it is no socket`, async () => {
    await using folder = await tempProject({ "x.sock": "precious" });
    const path = `${folder.root}/x.sock`;
    const error = await assertRejects(
      () => listen({ address: `unix:${path}` }, hello),
      ListenError,
    );
    assertEquals(error.code, "bad_path");
    assertEquals(await Deno.readTextFile(path), "precious");
  });

  const bad: readonly (readonly [string, string, string])[] = [
    ["the directory does not exist", "none/x.sock", "the directory does not exist"],
    ["the path is too long", `${"x".repeat(40)}/`.repeat(3), "the path is too long for a socket"],
  ];

  for (const [state, path, message] of bad) {
    Deno.test(`listen() (${engine}) rejects with bad_path when ${state}`, async () => {
      await using folder = await tempProject({});
      const address = `unix:${folder.root}/${path}`;
      const error = await assertRejects(() => listen({ address }, hello), ListenError, message);
      assertEquals(error.code, "bad_path");
    });
  }

  Deno.test(`Listener.close() (${engine}) leaves the socket of a successor alone`, async () => {
    await using folder = await tempProject({});
    const address = `unix:${folder.root}/x.sock`;
    const first = await listen({ address }, hello);
    await Deno.remove(`${folder.root}/x.sock`);
    await using second = await listen({ address }, hello);
    await first.close();
    assertStringIncludes(await ask(second), "200 OK");
  });
}
