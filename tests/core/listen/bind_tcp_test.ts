import { assertEquals, assertThrows } from "@std/assert";
import { bindTcp } from "../../../core/listen/_bind_tcp.ts";

const everywhere = { transport: "tcp", hostname: "::", port: 0 } as const;

/** A system on which a hostname takes the error that stands for it, and else a socket. */
function system(errors: Record<string, Error>) {
  return (hostname: string, port: number) => {
    if (errors[hostname] !== undefined) throw errors[hostname];
    return { addr: { hostname, port: port === 0 ? 4711 : port } };
  };
}

const taken = new Deno.errors.AddrInUse("taken");
const noFamily = Object.assign(new Error("Address family not supported (os error 97)"), {
  code: "EAFNOSUPPORT",
});

Deno.test("bindTcp() binds one socket when that takes IPv4 too", () => {
  const { servers, port, note } = bindTcp(everywhere, system({ "0.0.0.0": taken }));
  assertEquals(servers, [{ addr: { hostname: "::", port: 4711 } }]);
  assertEquals([port, note], [4711, ""]);
});

Deno.test("bindTcp() binds a second socket on the same port when the first takes IPv6 alone", () => {
  const { servers, hostname, port } = bindTcp(everywhere, system({}));
  assertEquals(servers.map(({ addr }) => addr), [
    { hostname: "::", port: 4711 },
    { hostname: "0.0.0.0", port: 4711 },
  ]);
  assertEquals([hostname, port], ["::", 4711]);
});

for (const error of [noFamily, new Deno.errors.AddrNotAvailable("no")]) {
  Deno.test(`bindTcp() falls back to IPv4 and says so when IPv6 fails with ${error.name}`, () => {
    const { hostname, servers, note } = bindTcp(everywhere, system({ "::": error }));
    assertEquals([hostname, servers.length], ["0.0.0.0", 1]);
    assertEquals(note, "IPv4 only, there is no IPv6 here");
  });
}

Deno.test("bindTcp() throws what the system throws when the port is taken", () => {
  assertThrows(() => bindTcp(everywhere, system({ "::": taken })), Deno.errors.AddrInUse);
});

Deno.test("bindTcp() binds nothing else when a host is named", () => {
  const loopback = { transport: "tcp", hostname: "::1", port: 80 } as const;
  const { servers } = bindTcp(loopback, system({}));
  assertEquals(servers, [{ addr: { hostname: "::1", port: 80 } }]);
});
