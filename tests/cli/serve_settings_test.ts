import { assertEquals, assertRejects } from "@std/assert";
import { readServeSettings, UsageError } from "../../cli/mod.ts";
import { testTls } from "../core/listen/_certificate.ts";
import { tempProject } from "../support/temp_project.ts";

/** Reads settings out of an environment. */
function read(env: Readonly<Record<string, string>>) {
  return readServeSettings((name) => env[name]);
}

Deno.test("readServeSettings() gives the defaults when nothing is said", async () => {
  const want = {
    listen: { transport: "tcp", hostname: "::", port: 8080 },
    targets: [],
    tls: undefined,
    accessLog: "off",
    admin: undefined,
    reusePort: false,
  } as const;
  assertEquals(await read({}), want);
  assertEquals(
    await read({
      LISTEN: "",
      TARGET: "",
      CERT: "",
      KEY: "",
      ACCESS_LOG: "",
      ADMIN: "",
      REUSE_PORT: "",
    }),
    want,
  );
});

Deno.test("readServeSettings() reads all that is said", async () => {
  await using files = await tempProject({ "c.pem": testTls.cert, "k.pem": testTls.key });
  const settings = await read({
    LISTEN: "[::1]:443",
    TARGET: "a:1, https://b.example,unix:/run/c",
    CERT: `${files.root}/c.pem`,
    KEY: `${files.root}/k.pem`,
    ACCESS_LOG: "json",
    ADMIN: "127.0.0.1:9901",
    REUSE_PORT: "on",
  });
  assertEquals(settings, {
    listen: { transport: "tcp", hostname: "::1", port: 443 },
    targets: ["a:1", "https://b.example", "unix:/run/c"],
    tls: {
      certFile: `${files.root}/c.pem`,
      keyFile: `${files.root}/k.pem`,
      cert: testTls.cert,
    },
    accessLog: "json",
    admin: { transport: "tcp", hostname: "127.0.0.1", port: 9901 },
    reusePort: true,
  });
});

Deno.test("readServeSettings() takes the program's own defaults before the environment speaks", async () => {
  const defaults = { listen: ":1", accessLog: "combined", admin: "127.0.0.1:2" } as const;
  const { listen, accessLog, admin } = await readServeSettings(() => undefined, defaults);
  assertEquals([listen, accessLog, admin], [
    { transport: "tcp", hostname: "::", port: 1 },
    "combined",
    { transport: "tcp", hostname: "127.0.0.1", port: 2 },
  ]);
  const said = await readServeSettings(
    (name) => name === "ACCESS_LOG" ? "off" : undefined,
    defaults,
  );
  assertEquals(said.accessLog, "off");
});

const admins = ["127.0.0.1:0", "127.8.8.8:1", "[::1]:9901", "localhost:9901", "unix:/run/a.sock"];
for (const ADMIN of admins) {
  Deno.test(`readServeSettings() takes ADMIN when it is ${ADMIN}`, async () => {
    const { admin } = await read({ ADMIN });
    assertEquals(admin?.transport, ADMIN.startsWith("unix") ? "unix" : "tcp");
  });
}

const refused: { name: string; env: Record<string, string>; message: string }[] = [
  {
    name: "LISTEN is a number",
    env: { LISTEN: "8080" },
    message: `Cannot parse listen address "8080": write ":8080"`,
  },
  {
    name: "LISTEN has a port that does not exist",
    env: { LISTEN: "127.0.0.1:70000" },
    message: `"70000" is not a port from 0 to 65535`,
  },
  {
    name: "TARGET has no port",
    env: { TARGET: "a:1,localhost" },
    message: `Cannot use TARGET "localhost": write host:port, http://host:port, https://host or ` +
      "unix:/path",
  },
  {
    name: "ACCESS_LOG is unknown",
    env: { ACCESS_LOG: "loud" },
    message: `Cannot use ACCESS_LOG "loud": write off, combined or json`,
  },
  {
    name: "REUSE_PORT is neither on nor off",
    env: { REUSE_PORT: "yes" },
    message: 'Cannot use REUSE_PORT "yes": write on or off',
  },
  {
    name: "REUSE_PORT is on for a unix socket",
    env: { REUSE_PORT: "on", LISTEN: "unix:/run/x" },
    message: "Cannot use REUSE_PORT: a unix socket belongs to one process",
  },
  {
    name: "ADMIN is open to others",
    env: { ADMIN: ":9901" },
    message:
      "Cannot serve ADMIN on [::]:9901: it asks for no password, so it listens on loopback, " +
      "such as 127.0.0.1:9901, or on unix:/path",
  },
  {
    name: "ADMIN only looks like loopback",
    env: { ADMIN: "127.0.0.1.example.com:9901" },
    message: "Cannot serve ADMIN on 127.0.0.1.example.com:9901",
  },
  { name: "CERT is alone", env: { CERT: "c.pem" }, message: "Cannot use CERT: KEY is missing" },
  { name: "KEY is alone", env: { KEY: "k.pem" }, message: "Cannot use KEY: CERT is missing" },
  {
    name: "CERT is not there",
    env: { CERT: "/nowhere/c.pem", KEY: "/nowhere/k.pem" },
    message: `Cannot read CERT "/nowhere/c.pem": there is no such file`,
  },
  {
    name: "CERT is a folder",
    env: { CERT: "/", KEY: "/" },
    message: `Cannot read CERT "/": `,
  },
  {
    name: "CERT is no PEM file",
    env: { CERT: import.meta.filename ?? "", KEY: "/nowhere" },
    message: "it is no PEM file",
  },
  {
    name: "TLS is to be on a unix socket",
    env: { LISTEN: "unix:/run/x.sock", CERT: "c.pem", KEY: "k.pem" },
    message: "Cannot use CERT and KEY: there is no TLS on a unix socket",
  },
];
for (const { name, env, message } of refused) {
  Deno.test(`readServeSettings() refuses in one line when ${name}`, async () => {
    const error = await assertRejects(() => read(env), UsageError, message);
    assertEquals(error.message.includes("\n"), false);
  });
}
