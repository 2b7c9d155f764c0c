import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { run } from "../core/listen/_run.ts";
import { CertificateFolder, TlsClient, untilShown } from "../core/server/_certificate_folder.ts";
import { a, b, renewedA } from "../core/tls/_certificates.ts";
import { needs } from "../support/needs.ts";
import { Program } from "./_program.ts";

const ignore = Deno.build.os === "windows";

async function start(folder: CertificateFolder, args = ["examples/proxy.ts"]) {
  const program = await Program.start(args, { CERT: folder.certFile, KEY: folder.keyFile });
  const [service] = /(?<=^ {2})(proxy|echo)/m.exec(program.stderr) ?? [""];
  const url = new URL(program.url(service));
  const address = { transport: "tcp", hostname: "127.0.0.1", port: Number(url.port) } as const;
  return { program, host: url.host, address };
}

const lines = ({ stderr }: Program, text: string): string[] =>
  stderr.split("\n").filter((line) => line.includes(text));

for (const args of [["examples/proxy.ts"], ["cli/main.ts", "server"]]) {
  Deno.test({
    ...needs("openssl", `${args.join(" ")} takes a renewed certificate at once on SIGHUP`),
    async fn() {
      await using folder = await CertificateFolder.with(a);
      const { program, host, address } = await start(folder, args);
      await using _program = program;
      await using early = await TlsClient.connect({ address });
      assertEquals([early.shown, (await early.ask()).slice(9, 12)], ["a", "200"]);
      await folder.rename(folder.certFile, renewedA.cert);
      await folder.rename(folder.keyFile, renewedA.key);
      program.kill("SIGHUP");
      await program.until("stderr", "certificate renewed");
      await untilShown({ address }, "a renewed");
      const client = ["s_client", "-connect", host, "-servername", "a.test", "-verify", "1"];
      const { stdout } = await run("openssl", ...client, "-CAfile", folder.certFile);
      assertStringIncludes(stdout, "Verify return code: 0 (ok)");
      assertEquals((await early.ask()).slice(9, 12), "200");
      assertMatch(
        program.stderr,
        /certificate renewed service=\w+ file=\S+\/tls\.crt until=2126-\S+ fingerprint=[0-9a-f]{64}\n/,
      );
      program.kill("SIGTERM");
      await program.until("stderr", "stopping");
    },
  });
}

Deno.test({
  name: "examples/proxy.ts keeps its certificate on SIGHUP when the new pair does not fit",
  ignore,
  async fn() {
    await using folder = await CertificateFolder.with(a);
    const { program, address } = await start(folder);
    await using _program = program;
    await folder.swap({ cert: renewedA.cert, key: b.key });
    for (let i = 1; i <= 2; i++) {
      program.kill("SIGHUP");
      while (lines(program, "looked at certificate files").length < i) {
        await untilShown({ address }, "a");
      }
    }
    const [problem = "", ...more] = lines(program, "certificate not renewed");
    assertMatch(problem, /ERROR certificate not renewed, the old one stays service=proxy problem=/);
    assertStringIncludes(problem, "the key belongs to another one");
    assertEquals(more, []);
  },
});

Deno.test({
  name: "examples/proxy.ts finds by itself that the link to a certificate was exchanged",
  ignore,
  async fn() {
    await using folder = await CertificateFolder.with(a);
    const { program, address } = await start(folder);
    await using _program = program;
    await folder.swap(renewedA);
    await program.until("stderr", "certificate renewed");
    await untilShown({ address }, "a renewed");
  },
});
