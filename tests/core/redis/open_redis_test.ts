import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type LogFields,
  type Logger,
  type RedisClient,
  RedisError,
  RedisScript,
} from "../../../core/mod.ts";
import { openRedis, redisClientOf } from "../../../core/redis/iovalkey/mod.ts";
import { Redis } from "iovalkey";
import { FakeClock, sleep } from "../../../timeout/mod.ts";
import { needs } from "../../support/needs.ts";
import { makePki } from "../transport/_pki.ts";
import { freePort } from "../../support/ports.ts";
import { anyRedis, needsRedis, RedisServer } from "../../support/redis_server.ts";

const refused = ["", "http://127.0.0.1", "redis://", "redis://127.0.0.1/one", "unix:redis.sock"];
for (const address of refused) {
  Deno.test(`openRedis() throws when the address is ${JSON.stringify(address)}`, () => {
    assertThrows(() => openRedis(address), TypeError, "Cannot open Redis: ");
  });
}

Deno.test("openRedis() repeats no password when an address is none", () => {
  const error = assertThrows(() => openRedis("redis//:hunter2@127.0.0.1 x"), TypeError);
  assert(!error.message.includes("hunter2"));
});

const durations = ["connectTimeoutMs", "stallTimeoutMs", "maxReconnectMs", "closeTimeoutMs"];
for (const name of durations) {
  Deno.test(`openRedis() throws when ${name} is no duration`, () => {
    for (const ms of [0, -1, NaN, Infinity]) {
      assertThrows(() => openRedis("127.0.0.1:9", { [name]: ms }), RangeError, `${name} ${ms}`);
    }
  });
}

Deno.test({
  ...needsRedis(
    "openRedis() gives texts, numbers, null, lists and errors as the server replies them",
  ),
  async fn() {
    await using server = await anyRedis();
    await using redis = openRedis(server.url);
    assertEquals(await redis.whenReady(5_000), true);
    const key = `pingo:test:${crypto.randomUUID()}`;
    assertEquals(await redis.call("SET", [key, "Grüße", "PX", 10_000]), "OK");
    assertEquals(await redis.call("GET", [key]), "Grüße");
    assertEquals(await redis.call("GET", [`${key}:none`]), null);
    assertEquals(await redis.call("EVAL", ["return {1, {2, 'x'}}", 0]), [1, [2, "x"]]);
    const error = await assertRejects(() => redis.call("INCR", [key]), RedisError);
    assertEquals(error.code, "ERR");
    const wrong = await assertRejects(() => redis.call("HGETALL", [key]), RedisError);
    assertEquals(wrong.code, "WRONGTYPE");
  },
});

Deno.test({
  ...needs("redis-server", "RedisClient.call() sends the commands of one turn in one write"),
  async fn() {
    await using server = await RedisServer.start();
    await using redis = openRedis(server.url);
    await redis.whenReady(5_000);
    const before = await readsOf(redis);
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, i) => redis.call("ECHO", [`text ${i}`])),
    );
    assertEquals(replies, Array.from({ length: 100 }, (_, i) => `text ${i}`));
    // One for the hundred, one for INFO itself.
    assertEquals(await readsOf(redis) - before, 2);
  },
});

async function readsOf(redis: RedisClient): Promise<number> {
  const info = String(await redis.call("INFO", ["stats"]));
  return Number(/total_reads_processed:(\d+)/.exec(info)?.[1]);
}

Deno.test({
  ...needs(
    "redis-server",
    "RedisClient.call() tells each command its own error when several share a write",
  ),
  async fn() {
    await using server = await RedisServer.start();
    await using redis = openRedis(server.url);
    await redis.whenReady(5_000);
    const results = await Promise.allSettled([
      redis.call("SET", ["a", "x"]),
      redis.call("INCR", ["a"]),
      redis.call("GET", ["a"]),
    ]);
    assertEquals(results.map((each) => each.status), ["fulfilled", "rejected", "fulfilled"]);
    const [, incremented] = results;
    assert(incremented.status === "rejected" && incremented.reason instanceof RedisError);
    assertEquals(incremented.reason.code, "ERR");
  },
});

Deno.test({
  ...needs(
    "redis-server",
    "openRedis() reaches a database by number, and is a user with a password",
  ),
  async fn(t) {
    const args = ["--user", "cat", "on", ">s@cret/", "~*", "+@all", "--requirepass", "hunter2"];
    await using server = await RedisServer.start({ args });
    const cases = [
      { name: "password and database", url: `redis://:hunter2@127.0.0.1:${server.port}/3`, db: 3 },
      {
        name: "user and password",
        url: `valkey://cat:s%40cret%2F@127.0.0.1:${server.port}`,
        db: 0,
      },
    ];
    for (const { name, url, db } of cases) {
      await t.step(name, async () => {
        await using redis = openRedis(url);
        assertEquals(await redis.whenReady(5_000), true);
        const info = String(await redis.call("CLIENT", ["INFO"]));
        assertEquals(/ db=(\d+)/.exec(info)?.[1], String(db));
      });
    }
  },
});

Deno.test({
  ...needs(
    "redis-server",
    "openRedis() speaks over TLS, to a server that one of caCerts vouches for",
  ),
  async fn() {
    await using pki = await makePki();
    const folder = await Deno.makeTempDir();
    const { cert, key } = await pki.issue({ name: "localhost", altName: "DNS:localhost" });
    for (const [name, text] of Object.entries({ cert, key, ca: pki.ca })) {
      await Deno.writeTextFile(`${folder}/${name}.pem`, text);
    }
    const port = freePort();
    await using _server = await RedisServer.start({
      args: [
        ...["--tls-port", String(port), "--tls-auth-clients", "no"],
        ...["--tls-cert-file", `${folder}/cert.pem`, "--tls-key-file", `${folder}/key.pem`],
        ...["--tls-ca-cert-file", `${folder}/ca.pem`],
      ],
    });
    for (const scheme of ["rediss", "valkeys"]) {
      await using redis = openRedis(`${scheme}://localhost:${port}`, { caCerts: [pki.ca] });
      assertEquals(await redis.whenReady(5_000), true);
      assertEquals(await redis.call("PING", []), "PONG");
    }
    const lines: string[] = [];
    const logger = loggerInto(lines);
    for (const host of ["localhost", "127.0.0.1"]) {
      const caCerts = host === "localhost" ? [] : [pki.ca];
      await using stranger = openRedis(`rediss://${host}:${port}`, { caCerts, logger });
      assertEquals(await stranger.whenReady(300), false);
    }
    // Nobody known vouches for it; and the certificate is made out to another name.
    assertEquals(lines.length, 2, lines.join("\n"));
    await Deno.remove(folder, { recursive: true });
  },
});

Deno.test({
  ...needs(
    "redis-server",
    "openRedis() stays not ready, and says why once, when the password is wrong",
  ),
  async fn() {
    await using server = await RedisServer.start({ args: ["--requirepass", "hunter2"] });
    const lines: string[] = [];
    await using redis = openRedis(`redis://:wrong@127.0.0.1:${server.port}`, {
      logger: loggerInto(lines),
      maxReconnectMs: 50,
    });
    assertEquals(await redis.whenReady(300), false);
    const error = await assertRejects(() => redis.call("PING", []), RedisError);
    assertEquals(error.code, "DISCONNECTED");
    assertEquals(lines.length, 1, lines.join("\n"));
    assert(lines[0].includes("WRONGPASS") && !lines[0].includes("hunter2"), lines[0]);
    assert(!lines[0].includes(":wrong@"), lines[0]);
  },
});

Deno.test({
  ...needs(
    "redis-server",
    "openRedis() rejects what waits when the server is killed, and finds it again",
  ),
  async fn() {
    await using server = await RedisServer.start();
    const lines: string[] = [];
    await using redis = openRedis(server.url, { logger: loggerInto(lines), maxReconnectMs: 50 });
    await redis.whenReady(5_000);
    server.signal("SIGSTOP");
    const waiting = [redis.call("INCR", ["a"]), redis.call("INCR", ["a"])];
    await Promise.resolve();
    const alone = redis.call("INCR", ["a"]);
    const ends = Promise.allSettled([...waiting, alone]);
    await server.kill();
    for (const each of await ends) {
      assert(each.status === "rejected" && each.reason instanceof RedisError);
      assertEquals(each.reason.code, "DISCONNECTED");
    }
    await assertRejects(() => redis.call("PING", []), RedisError, "Cannot call Redis");
    await server.start();
    assertEquals(await redis.whenReady(5_000), true);
    // Nothing was sent again.
    assertEquals(await redis.call("GET", ["a"]), null);
    const told = lines.map((line) => line.split(" {")[0]);
    assertEquals(told, [
      "info Redis is connected",
      "warn Redis cannot be reached",
      "info Redis is connected",
    ]);
  },
});

Deno.test({
  ...needs(
    "redis-server",
    "openRedis() drops a connection that is silent for stallTimeoutMs, and makes a new one",
  ),
  async fn() {
    await using server = await RedisServer.start();
    await using redis = openRedis(server.url, { stallTimeoutMs: 100, maxReconnectMs: 50 });
    await redis.whenReady(5_000);
    server.signal("SIGSTOP");
    const error = await assertRejects(() => redis.call("PING", []), RedisError);
    assertEquals(error.code, "DISCONNECTED");
    server.signal("SIGCONT");
    assertEquals(await redis.whenReady(5_000), true);
    assertEquals(await redis.call("PING", []), "PONG");
  },
});

Deno.test({
  ...needs(
    "redis-server",
    "RedisConnection[Symbol.asyncDispose]() lets due replies come, but not for ever",
  ),
  async fn() {
    await using server = await RedisServer.start();
    const redis = openRedis(server.url);
    await redis.whenReady(5_000);
    const reply = redis.call("ECHO", ["last"]);
    await Promise.all([redis[Symbol.asyncDispose](), redis[Symbol.asyncDispose]()]);
    assertEquals(await reply, "last");
    await assertRejects(() => redis.call("PING", []), RedisError, "closed");
    assertEquals([redis.isReady, await redis.whenReady(10)], [false, false]);

    const stopped = openRedis(server.url, { closeTimeoutMs: 50 });
    await stopped.whenReady(5_000);
    server.signal("SIGSTOP");
    const never = assertRejects(() => stopped.call("PING", []), RedisError);
    await stopped[Symbol.asyncDispose]();
    await never;
    server.signal("SIGCONT");
  },
});

Deno.test("openRedis() is closed while it looks for a server that is not there", async () => {
  for (const waitMs of [0, 1, 120]) {
    const redis = openRedis("redis://127.0.0.1:9", { maxReconnectMs: 50 });
    assertEquals(await redis.whenReady(waitMs), false);
    await redis[Symbol.asyncDispose]();
  }
});

Deno.test({
  ...needs(
    "redis-server",
    "RedisScript.run() sends the text when the server has forgotten the script",
  ),
  async fn() {
    await using server = await RedisServer.start();
    await using redis = openRedis(server.url);
    await redis.whenReady(5_000);
    const script = new RedisScript("return {KEYS[1], ARGV[1]}");
    const call = { keys: ["k"], args: [7] };
    const commands = async (): Promise<string[]> =>
      [
        ...String(await redis.call("INFO", ["commandstats"])).matchAll(
          /cmdstat_(eval\w*):calls=(\d+)/g,
        ),
      ]
        .map(([, name, calls]) => `${name} ${calls}`).sort();
    assertEquals(await script.run(redis, call), ["k", "7"]);
    assertEquals(await script.run(redis, call), ["k", "7"]);
    assertEquals(await commands(), ["eval 1", "evalsha 2"]);
    await redis.call("SCRIPT", ["FLUSH"]);
    assertEquals(await script.run(redis, call), ["k", "7"]);
    assertEquals(await script.run(redis, call), ["k", "7"]);
    assertEquals(await commands(), ["eval 2", "evalsha 4"]);
    const broken = new RedisScript("return redis.call('INCR')");
    await assertRejects(
      () => broken.run(redis, { keys: [], args: [] }),
      RedisError,
      "Wrong number",
    );
  },
});

Deno.test({
  ...needs("redis-server", "redisClientOf() takes a client of iovalkey as it is"),
  async fn() {
    await using server = await RedisServer.start();
    const own = new Redis(server.port, "127.0.0.1");
    const client = redisClientOf(own);
    await assertRejects(() => client.call("PING", []), RedisError, "connecting");
    await new Promise<void>((resolve) => own.once("ready", () => resolve()));
    assertEquals(await Promise.all([client.call("PING", []), client.call("ECHO", ["a"])]), [
      "PONG",
      "a",
    ]);
    const ended = new Promise<void>((resolve) => own.once("end", () => resolve()));
    await own.quit();
    await ended;
  },
});

function loggerInto(lines: string[]): Logger {
  const at = (level: string) => (message: string, fields?: LogFields) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

Deno.test({
  ...needs("redis-server", "openRedis() measures silence by its clock"),
  async fn() {
    await using server = await RedisServer.start();
    const clock = new FakeClock();
    const redis = openRedis(server.url, { clock, stallTimeoutMs: 3_600_000 });
    // The client's own timers are the system's.
    while (!redis.isReady) await sleep(5);
    server.signal("SIGSTOP");
    const rejected = assertRejects(() => redis.call("PING", []), RedisError);
    await sleep(5);
    await clock.advanceAsync(2 * 3_600_000);
    assertEquals((await rejected).code, "DISCONNECTED");
    server.signal("SIGCONT");
    while (!redis.isReady) await sleep(5);
    assertEquals(await redis.call("PING", []), "PONG");
    const closed = redis[Symbol.asyncDispose]();
    await clock.advanceAsync(60_000);
    await closed;
    assertEquals(clock.timerCount, 0);
  },
});
