/** `setsockopt` of the C library; what it needs is on the level of TCP (RFC 1122 §4.2.3.4). */
const LIBRARY = "libc.so.6";
const IPPROTO_TCP = 6;
const TCP_NODELAY = 1;
/** Listening sockets come first in the table. */
const MAX_TABLE_BYTES = 1_048_576;

/** What the start line says where Nagle's algorithm stays on. */
export const NAGLE_NOTE = "Nagle's algorithm on";

/**
 * Turns Nagle's algorithm off for all connections that the sockets listening on a port will accept, as far
 * as that goes.
 *
 * With it on, a response of several segments waits for the client's delayed acknowledgement, some 40 ms,
 * before its last one; and TLS makes a segment of each record. Deno has `setNoDelay` for plain connections
 * alone. But on Linux an accepted socket inherits the option from the one that listened (measured; it is a
 * copy of it), so that it takes one call for each listener, by Deno's foreign functions. Who has not
 * permitted those is not asked: it then stays on.
 *
 * @returns whether it is off
 */
export function turnNagleOff(port: number): boolean {
  if (Deno.build.os !== "linux" || !isPermitted()) return false;
  try {
    const inodes = listeningInodes(port);
    const descriptors = inodes.size === 0 ? [] : descriptorsOf(inodes);
    return descriptors.length > 0 && setOption(descriptors);
  } catch {
    // No /proc, another C library: then there is no way.
    return false;
  }
}

function isPermitted(): boolean {
  const ffi = Deno.permissions.querySync({ name: "ffi", path: LIBRARY });
  const read = Deno.permissions.querySync({ name: "read", path: "/proc/self" });
  return ffi.state === "granted" && read.state === "granted";
}

/** The numbers of the sockets that listen on a port: proc(5), /proc/net/tcp. */
function listeningInodes(port: number): Set<string> {
  const inodes = new Set<string>();
  const ending = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const table of ["/proc/self/net/tcp", "/proc/self/net/tcp6"]) {
    for (const line of head(table).split("\n")) {
      const columns = line.trim().split(/\s+/);
      const isListening = columns[3] === "0A" && columns.length > 9;
      if (isListening && columns[1].endsWith(ending)) inodes.add(columns[9]);
    }
  }
  return inodes;
}

function head(path: string): string {
  try {
    using file = Deno.openSync(path);
    const bytes = new Uint8Array(MAX_TABLE_BYTES);
    let end = 0;
    for (let count: number | null = 0; count !== null && end < bytes.length; end += count ?? 0) {
      count = file.readSync(bytes.subarray(end));
    }
    return new TextDecoder().decode(bytes.subarray(0, end));
  } catch {
    // Without IPv6 there is one table only.
    return "";
  }
}

/** The own descriptors of sockets: other processes' sockets on the port are not among them. */
function descriptorsOf(inodes: ReadonlySet<string>): number[] {
  const descriptors: number[] = [];
  for (const { name } of Deno.readDirSync("/proc/self/fd")) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkOf(name))?.[1];
    if (inode !== undefined && inodes.has(inode)) descriptors.push(Number(name));
  }
  return descriptors;
}

function linkOf(descriptor: string): string {
  try {
    return Deno.readLinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    // It was closed meanwhile.
    return "";
  }
}

function setOption(descriptors: readonly number[]): boolean {
  const library = Deno.dlopen(LIBRARY, {
    setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  });
  const on = Int32Array.of(1);
  try {
    return descriptors.every((descriptor) =>
      library.symbols.setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, on, on.byteLength) === 0
    );
  } finally {
    library.close();
  }
}
