import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  BackendSet,
  DiscoveryFeed,
  dnsDiscovery,
  srvDiscovery,
  systemNameLookup,
} from "../../../loadbalancing/mod.ts";
import { needs } from "../../support/needs.ts";
import { Dnsmasq } from "./_dnsmasq.ts";
import { Recorder } from "./_recorder.ts";

/** A server that takes questions and never answers. */
function muteServer() {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  return {
    servers: [`127.0.0.1:${(socket.addr as Deno.NetAddr).port}`],
    asked: () => socket.receive(),
    [Symbol.dispose]: () => socket.close(),
  };
}

/** Asks this server alone, and soon again. */
function quick(server: Dnsmasq) {
  const lookup = systemNameLookup({ servers: [server.address], timeoutMs: 200, tries: 1 });
  return { lookup, minTtlMs: 50, maxTtlMs: 50, retryMs: 50 };
}

Deno.test({
  ...needs("dnsmasq", "dnsDiscovery() follows a real server: changed, killed, started again"),
  fn: async () => {
    await using server = await Dnsmasq.start(
      "10.0.0.1 app.test\n10.0.0.2 app.test\n::1 app.test\n",
    );
    await using recorder = new Recorder(dnsDiscovery("app.test", 80, quick(server)));
    recorder.feed.start();
    await recorder.holds("10.0.0.1:80", "10.0.0.2:80", "[::1]:80");

    await server.change("10.0.0.2 app.test\n10.0.0.3 app.test\n");
    await recorder.holds("10.0.0.2:80", "10.0.0.3:80");

    let says = recorder.says("warn discovery failed, the last good backends stay Cannot look up");
    await server.kill();
    await says;
    assertEquals(recorder.ids, ["10.0.0.2:80", "10.0.0.3:80"]);
    assertEquals(recorder.gauge("stale"), 1);
    assert(recorder.results().failed >= 1);

    says = recorder.says("info discovery works again");
    await server.restart("10.0.0.4 app.test\n");
    await recorder.holds("10.0.0.4:80");
    await says;
    assertEquals(recorder.gauge("stale"), 0);

    // The name is gone: an empty answer.
    says = recorder.says("warn discovery failed, the last good backends stay the list is empty");
    await server.change("10.0.0.9 other.test\n");
    await says;
    assertEquals(recorder.ids, ["10.0.0.4:80"]);
    assert(recorder.results().empty >= 1);
  },
});

Deno.test({
  ...needs("dnsmasq", "srvDiscovery() follows a real server: changed, killed, started again"),
  fn: async () => {
    const hosts = "10.0.0.1 a.test\n10.0.0.2 b.test\n10.0.0.3 b.test\n";
    const name = "_http._tcp.app.test";
    await using server = await Dnsmasq.start(hosts, [
      `srv-host=${name},a.test,8080,10,5`,
      `srv-host=${name},b.test,8081,20,0`,
    ]);
    await using recorder = new Recorder(srvDiscovery(name, quick(server)));
    const summary = () =>
      recorder.set.backends.map(({ id, priority, weight }) => `${id} ${priority} ${weight}`);
    recorder.feed.start();
    await recorder.holds("10.0.0.1:8080", "10.0.0.2:8081", "10.0.0.3:8081");
    assertEquals(summary(), ["10.0.0.1:8080 0 5", "10.0.0.2:8081 1 1", "10.0.0.3:8081 1 1"]);

    const says = recorder.says(
      "warn discovery failed, the last good backends stay Cannot look up SRV",
    );
    await server.kill();
    await says;
    assertEquals(summary().length, 3);

    await server.restart(hosts, [`srv-host=${name},b.test,8081,5,9`]);
    await recorder.holds("10.0.0.2:8081", "10.0.0.3:8081");
    assertEquals(summary(), ["10.0.0.2:8081 0 9", "10.0.0.3:8081 0 9"]);
  },
});

Deno.test({
  ...needs(
    "dnsmasq",
    "systemNameLookup() brings addresses with their times to live, and none for no name",
  ),
  fn: async () => {
    await using server = await Dnsmasq.start("", ["host-record=app.test,10.0.0.1,7"]);
    const lookup = systemNameLookup({ servers: [server.address] });
    const { signal } = new AbortController();
    const found = await lookup.addresses("app.test", "ipv4", { signal });
    assertEquals(found, [{ address: "10.0.0.1", ttlMs: 7_000 }]);
    assertEquals(await lookup.addresses("app.test", "ipv6", { signal }), []);
    assertEquals(await lookup.addresses("no.test", "ipv4", { signal }), []);
    assertEquals(await lookup.services("no.test", { signal }), []);
  },
});

Deno.test("systemNameLookup() rejects when nobody answers, or its signal fires", async () => {
  using mute = muteServer();
  const { servers } = mute;
  const { signal } = new AbortController();
  const hasty = systemNameLookup({ servers, timeoutMs: 50, tries: 1 });
  await assertRejects(
    () => hasty.addresses("app.test", "ipv4", { signal }),
    Error,
    'Cannot look up A of "app.test": ETIMEOUT',
  );
  const patient = systemNameLookup({ servers, timeoutMs: 60_000 });
  const stop = new AbortController();
  const asked = patient.services("app.test", { signal: stop.signal });
  await mute.asked();
  stop.abort(new Error("not needed"));
  await assertRejects(() => asked, Error, "not needed");
});

Deno.test("DiscoveryFeed stops while a look-up is under way", async () => {
  using mute = muteServer();
  const { servers } = mute;
  const lookup = systemNameLookup({ servers, timeoutMs: 60_000 });
  const feed = new DiscoveryFeed(new BackendSet(), srvDiscovery("app.test", { lookup }));
  feed.start();
  await mute.asked();
  const start = performance.now();
  await feed.stop();
  assertEquals(feed.snapshot().problem, null);
  // Deno itself gives a look-up up after some four seconds.
  const took = performance.now() - start;
  assert(took < 2_000, `it took ${took} ms`);
});
