import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { type Exchange, type Peer, peer, type Reply, reply } from "@pingo/pingo/core";
import type { ErrorKind } from "@pingo/pingo/errors";
import {
  type Backend,
  LoadBalancer,
  StickySession,
  type StickySessionOptions,
} from "@pingo/pingo/loadbalancing";
import { exchange, settle } from "./_support.ts";

const secret = "a secret of 16 characters or more";

interface Visit {
  readonly host: string;
  readonly setCookie: string | null;
}

/** One request through the middleware, tried in vain at some peers before. */
async function visit(
  sticky: StickySession,
  cookie?: string,
  { tried = [], scheme, end }: { tried?: Peer[]; scheme?: "https"; end?: ErrorKind } = {},
): Promise<Visit> {
  const headers: Record<string, string> = cookie === undefined ? {} : { cookie };
  let host = "";
  const handler = sticky.middleware((each: Exchange): Reply => {
    const selection = sticky.select(each, { tried });
    host = selection.peer.hostname;
    settle(selection, end);
    return reply(end === undefined ? 200 : 502);
  });
  const answer = await handler(exchange({ headers, scheme }));
  return { host, setCookie: answer.headers.get("set-cookie") };
}

function cookieOf({ setCookie }: Visit): string {
  assert(setCookie !== null, "no cookie was set");
  return setCookie.split(";")[0];
}

function get(balancer: LoadBalancer, host: string): Backend {
  const backend = balancer.backends.get(`${host}:1`);
  assert(backend !== undefined);
  return backend;
}

const peers = ["a:1", "b:1", "c:1"];

Deno.test("StickySession keeps a client on its backend and sets the cookie once", async () => {
  const balancer = new LoadBalancer({ backends: peers });
  using sticky = new StickySession(balancer, { secret });
  const first = await visit(sticky);
  const cookie = cookieOf(first);
  for (let i = 0; i < 5; i++) {
    assertEquals(await visit(sticky, `x=1; ${cookie}; y=2`), { host: first.host, setCookie: null });
  }
  assertEquals(balancer.backends.backends.map(({ leases }) => leases), [0, 0, 0]);
});

const gone: { name: string; make: (backend: Backend, balancer: LoadBalancer) => void }[] = [
  { name: "is unhealthy", make: (backend) => backend.markHealthy(false) },
  { name: "is ejected", make: (backend) => backend.eject() },
  { name: "is disabled", make: (backend) => backend.disable() },
  { name: "is full", make: (backend) => backend.acquire() },
  {
    name: "was removed",
    make: (backend, { backends }) =>
      backends.update(peers.filter((each) => each !== backend.id).map((peer) => ({ peer }))),
  },
];
for (const { name, make } of gone) {
  Deno.test(`StickySession chooses anew and sets another cookie when the backend ${name}`, async () => {
    const backends = peers.map((peer) => ({ peer, maxConnections: 1 }));
    const balancer = new LoadBalancer({ backends });
    using sticky = new StickySession(balancer, { secret });
    const first = await visit(sticky);
    make(get(balancer, first.host), balancer);
    const second = await visit(sticky, cookieOf(first));
    assert(second.host !== first.host);
    assertEquals(await visit(sticky, cookieOf(second)), { host: second.host, setCookie: null });
  });
}

Deno.test("StickySession keeps clients on a backend that drains, and sends it no new ones", async () => {
  const balancer = new LoadBalancer({ backends: peers });
  using sticky = new StickySession(balancer, { secret });
  const first = await visit(sticky);
  get(balancer, first.host).drain();
  assertEquals((await visit(sticky, cookieOf(first))).host, first.host);
  for (let i = 0; i < 6; i++) assert((await visit(sticky)).host !== first.host);
});

Deno.test("StickySession leaves a backend that was tried in vain, for good", async () => {
  const balancer = new LoadBalancer({ backends: peers });
  using sticky = new StickySession(balancer, { secret });
  const first = await visit(sticky);
  const second = await visit(sticky, cookieOf(first), { tried: [peer(`${first.host}:1`)] });
  assert(second.host !== first.host && second.setCookie !== null);
});

Deno.test("StickySession does not bind a client to a backend that gave no answer", async () => {
  const balancer = new LoadBalancer({ backends: peers });
  using sticky = new StickySession(balancer, { secret });
  const failed = await visit(sticky, undefined, { end: "connect_refused" });
  assertEquals(failed.setCookie, null);
  const first = await visit(sticky);
  const other = await visit(sticky, cookieOf(first), {
    tried: [peer(`${first.host}:1`)],
    end: "upstream_timeout",
  });
  assertEquals(other.setCookie, null);
});

Deno.test("StickySession sets no cookie when the bound backend is taken after all", async () => {
  const balancer = new LoadBalancer({ backends: ["a:1"] });
  using sticky = new StickySession(balancer, { secret });
  const cookie = cookieOf(await visit(sticky));
  const again = await visit(sticky, cookie, { tried: [peer("a:1")] });
  assertEquals(again, { host: "a", setCookie: null });
});

Deno.test("StickySession sets no cookie when the bound backend was full and has room at the retry", async () => {
  const backends = peers.map((peer) => ({ peer, maxConnections: 1 }));
  const balancer = new LoadBalancer({ backends });
  using sticky = new StickySession(balancer, { secret });
  const first = await visit(sticky);
  const bound = get(balancer, first.host);
  const handler = sticky.middleware((each: Exchange): Reply => {
    bound.acquire();
    const other = sticky.select(each, { tried: [] });
    assert(other.peer !== bound.peer);
    settle(other, "connect_refused");
    bound.release("succeeded");
    const again = sticky.select(each, { tried: [other.peer] });
    assertEquals(again.peer, bound.peer);
    settle(again);
    return reply(200);
  });
  const answer = await handler(exchange({ headers: { cookie: cookieOf(first) } }));
  assertEquals(answer.headers.get("set-cookie"), null);
});

for (
  const { name, value } of [
    { name: "a backend's name", value: "b:1" },
    { name: "an empty value", value: "" },
    { name: "a value of another secret", value: "AAAAAAAAAAAAAAAAAAAAAA" },
  ]
) {
  Deno.test(`StickySession does not believe ${name}`, async () => {
    const balancer = new LoadBalancer({ backends: peers });
    using sticky = new StickySession(balancer, { secret });
    const got = await visit(sticky, `pingo_backend=${value}`);
    assertEquals(got.host, "a");
    assert(got.setCookie !== null);
  });
}

Deno.test("StickySession does not tell what stands behind the proxy", async () => {
  using sticky = new StickySession(new LoadBalancer({ backends: ["10.9.8.7:6543"] }), { secret });
  const { setCookie } = await visit(sticky);
  assertMatch(setCookie ?? "", /^pingo_backend=[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/);
});

Deno.test("StickySession accepts cookies of an older secret and sets those of the first", async () => {
  const balancer = new LoadBalancer({ backends: peers });
  const older = "an older secret of the same site";
  using before = new StickySession(balancer, { secret: older });
  using rotated = new StickySession(balancer, { secret: [secret, older] });
  using after = new StickySession(balancer, { secret });
  await visit(before);
  const first = await visit(before);
  assertEquals(await visit(rotated, cookieOf(first)), { host: first.host, setCookie: null });
  const fresh = await visit(rotated);
  assertEquals(await visit(after, cookieOf(fresh)), { host: fresh.host, setCookie: null });
  assert((await visit(after, cookieOf(first))).setCookie !== null);
});

Deno.test("StickySession writes the attributes that it is told", async () => {
  const balancer = new LoadBalancer({ backends: peers });
  using sticky = new StickySession(balancer, {
    secret,
    cookie: "srv",
    path: "/app",
    domain: "example.com",
    maxAgeSeconds: 3600,
    isSecure: true,
    sameSite: "None",
  });
  const { setCookie } = await visit(sticky);
  assertMatch(
    setCookie ?? "",
    /^srv=[\w-]{22}; Path=\/app; Domain=example\.com; Max-Age=3600; HttpOnly; SameSite=None; Secure$/,
  );
});

for (
  const { isSecure, scheme, expected } of [
    { isSecure: "auto", scheme: "https", expected: true },
    { isSecure: "auto", scheme: undefined, expected: false },
    { isSecure: false, scheme: "https", expected: false },
  ] as const
) {
  Deno.test(`StickySession sets Secure: ${expected} over ${scheme ?? "http"} with ${isSecure}`, async () => {
    using sticky = new StickySession(new LoadBalancer({ backends: peers }), { secret, isSecure });
    const { setCookie } = await visit(sticky, undefined, { scheme });
    assertEquals(setCookie?.endsWith("; Secure"), expected);
  });
}

Deno.test("StickySession.middleware adds to cookies of the upstream, and to a web Response", async () => {
  using sticky = new StickySession(new LoadBalancer({ backends: peers }), { secret });
  const handler = sticky.middleware((each) => {
    settle(sticky.select(each, { tried: [] }));
    return new Response(null, { headers: { "set-cookie": "own=1" } });
  });
  const answer = await handler(exchange());
  assertEquals(answer.headers.getSetCookie().map((each) => each.split("=")[0]), [
    "own",
    "pingo_backend",
  ]);
});

const bad: { options: StickySessionOptions; error: ErrorConstructor; says: string }[] = [
  { options: { secret: "short" }, error: RangeError, says: "16" },
  { options: { secret: [] }, error: TypeError, says: "secret" },
  { options: { secret, cookie: "a b" }, error: TypeError, says: "a b" },
  { options: { secret, path: "/; Domain=evil" }, error: TypeError, says: "attribute" },
  { options: { secret, domain: "a\r\nb" }, error: TypeError, says: "attribute" },
  { options: { secret, maxAgeSeconds: 0 }, error: RangeError, says: "maxAgeSeconds" },
  // As from a configuration.
  {
    options: { secret, ...JSON.parse('{"sameSite":"Lax; Domain=evil"}') },
    error: TypeError,
    says: "sameSite",
  },
  { options: { secret, isSecure: false, sameSite: "None" }, error: TypeError, says: "None" },
];
for (const { options, error, says } of bad) {
  Deno.test(`StickySession() refuses ${Deno.inspect({ ...options, secret: "…" })} (${says})`, () => {
    const balancer = new LoadBalancer({ backends: peers });
    assertThrows(() => new StickySession(balancer, options), error, says);
  });
}
