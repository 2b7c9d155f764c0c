import { assert, assertEquals, assertRejects } from "@std/assert";
import { CertificateStore } from "../../../core/mod.ts";
import { StoreListener, type TlsKeys } from "../../../core/listen/_store_listener.ts";
import { FakeClock, systemClock } from "../../../timeout/mod.ts";
import { a, b, renewedA } from "./_certificates.ts";

function listenOn(port: number, keys: TlsKeys): Deno.TlsListener {
  return Deno.listenTls({ hostname: "127.0.0.1", port, ...keys });
}

/**
 * On a port that the system gives to nobody who asks for any: the socket is closed and opened again, and
 * in between another test's connection could get its port.
 */
function listenApart(keys: TlsKeys): Deno.TlsListener {
  for (let attempt = 0; attempt < 100; attempt++) {
    try {
      return listenOn(20_000 + Math.floor(Math.random() * 10_000), keys);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
  throw new Error("Cannot find a free port from 20000 to 29999");
}

/** A listener that accepts, shakes hands and counts how often its socket was opened. */
function start(store: CertificateStore, maxNames?: number) {
  let opened = 0;
  let refuseToOpen = 0;
  let reopened = Promise.withResolvers<void>();
  const errors: unknown[] = [];
  const listener = new StoreListener({
    store,
    clock: systemClock,
    ...maxNames !== undefined && { maxNames },
    open: (keys: TlsKeys, boundPort = 0) => {
      if (refuseToOpen-- > 0) throw new Deno.errors.AddrInUse("taken");
      opened++;
      const socket = boundPort === 0 ? listenApart(keys) : listenOn(boundPort, keys);
      reopened.resolve();
      return socket;
    },
  });
  let isOver = false;
  const accepting = (async () => {
    while (!isOver) {
      let conn: Deno.TlsConn;
      try {
        conn = await listener.accept();
      } catch (error) {
        if (!isOver) errors.push(error);
        continue;
      }
      await conn.handshake().catch(() => {});
      conn.close();
    }
  })();
  return {
    errors,
    listener,
    get opened() {
      return opened;
    },
    refuse: (times: number) => void (refuseToOpen = times),
    /** Resolves when the socket is opened the next time. */
    nextOpened: () => (reopened = Promise.withResolvers()).promise,
    /** Connects with a name, which clients of Deno take from here. */
    ask: async (name: string) => {
      const options = {
        hostname: "127.0.0.1",
        port: listener.addr.port,
        caCerts: [a.cert, b.cert, renewedA.cert],
        [Symbol.for("unstableServerName")]: name,
      };
      const conn = await Deno.connectTls(options);
      await conn.handshake().finally(() => conn.close());
    },
    async [Symbol.asyncDispose]() {
      isOver = true;
      listener.close();
      await accepting;
    },
  };
}

function storeOf(...inits: (typeof a)[]): CertificateStore {
  const store = new CertificateStore();
  for (const init of inits) store.add(init);
  return store;
}

Deno.test("StoreListener opens its socket once however often a certificate that nobody saw changes", async () => {
  const store = storeOf(a, b);
  await using server = start(store);
  await server.ask("a.test");
  for (let times = 0; times < 5; times++) {
    store.replace(store.certificates[1], { ...b, names: [`n${times}.test`] });
  }
  await server.ask("a.test");
  assertEquals([server.opened, server.errors], [1, []]);
});

Deno.test("StoreListener opens its socket once for changes that come together", async () => {
  const store = storeOf(a);
  await using server = start(store);
  await server.ask("a.test");
  const opened = server.nextOpened();
  store.replace(store.certificates[0], renewedA);
  store.add(b);
  store.replace(store.certificates[0], a);
  await opened;
  await server.ask("b.test");
  await server.ask("a.test");
  assertEquals([server.opened, server.errors], [2, []]);
});

Deno.test("StoreListener forgets the names that Deno holds when there are maxNames", async () => {
  const store = storeOf(a, b);
  await using server = start(store, 3);
  await server.ask("1.a.test");
  await server.ask("2.a.test");
  await server.ask("1.a.test");
  assertEquals(server.opened, 1);
  const opened = server.nextOpened();
  await server.ask("3.a.test");
  await opened;
  await server.ask("4.a.test");
  assertEquals([server.opened, server.errors], [2, []]);
});

Deno.test("StoreListener tries again when its port is taken for a moment", async () => {
  const store = storeOf(a);
  await using server = start(store);
  const { port } = server.listener.addr;
  server.refuse(2);
  const opened = server.nextOpened();
  store.replace(store.certificates[0], renewedA);
  await opened;
  await server.ask("a.test");
  assertEquals(server.errors.length, 2);
  assert(server.errors.every((error) => error instanceof Deno.errors.AddrInUse));
  assertEquals([server.opened, server.listener.addr.port], [2, port]);
});

Deno.test("StoreListener accepts nothing any more when it was closed", async () => {
  const server = start(storeOf(a, b));
  await server.ask("a.test");
  await server[Symbol.asyncDispose]();
  await assertRejects(() => server.listener.accept());
  await assertRejects(() => server.ask("a.test"));
});

Deno.test("StoreListener does not close a new socket for what came in the last moment of the old one", async () => {
  const store = storeOf(a);
  const clock = new FakeClock();
  const reopened = Promise.withResolvers<void>();
  let opened = 0;
  const listener = new StoreListener({
    store,
    clock,
    open: (keys: TlsKeys, boundPort = 0) => {
      const socket = Deno.listenTls({ hostname: "127.0.0.1", port: boundPort, ...keys });
      if (opened++ > 0) {
        reopened.resolve();
        return socket;
      }
      // The first one gives a connection when it is closed already.
      const accept = async () => {
        const conn = await socket.accept();
        socket.close();
        return conn;
      };
      return { addr: socket.addr, accept, close: () => {} };
    },
  });
  const first = listener.accept();
  store.replace(store.certificates[0], renewedA);
  clock.advance(10);
  const client = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  (await first).close();
  client.close();
  const next = listener.accept();
  const rejected = assertRejects(() => next);
  await reopened.promise;
  assertEquals(clock.timerCount, 0);
  listener.close();
  await rejected;
});

Deno.test("StoreListener passes a failure to accept on, also while it is about to follow its store", async () => {
  const store = storeOf(a);
  const clock = new FakeClock();
  let opened = 0;
  let isFailing = true;
  const listener = new StoreListener({
    store,
    clock,
    open: (keys: TlsKeys, boundPort = 0) => {
      opened++;
      const socket = Deno.listenTls({ hostname: "127.0.0.1", port: boundPort, ...keys });
      const failure = () => Promise.reject(new Deno.errors.NotConnected("it was reset"));
      const accept = () => isFailing ? failure() : socket.accept();
      return { addr: socket.addr, accept, close: () => socket.close() };
    },
  });
  store.replace(store.certificates[0], renewedA);
  await assertRejects(() => listener.accept(), Deno.errors.NotConnected);
  assertEquals(opened, 1);
  isFailing = false;
  const next = assertRejects(() => listener.accept());
  clock.advance(10);
  listener.close();
  await next;
});
