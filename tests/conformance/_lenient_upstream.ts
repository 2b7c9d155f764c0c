import { RawConnection } from "../support/raw.ts";

/** An upstream that takes whatever it gets: what is refused in front of it, somebody else has refused. */
export interface LenientUpstream extends AsyncDisposable {
  readonly address: string;
  /** What has come since it was last asked. */
  takeSeen(): readonly string[];
}

/** Starts one on a free port; it answers each connection once. */
export function lenientUpstream(): LenientUpstream {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let seen: string[] = [];
  let isClosed = false;
  const note = (text: string): number => seen.push(text) - 1;
  const accepting = (async () => {
    while (!isClosed) {
      try {
        void answer(
          new RawConnection(await listener.accept()),
          note,
          (at, more) => seen[at] += more,
        );
      } catch {
        // A connection that was reset before it was accepted; or the end.
      }
    }
  })();
  return {
    address: `127.0.0.1:${listener.addr.port}`,
    takeSeen() {
      const taken = seen;
      seen = [];
      return taken;
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      listener.close();
      await accepting;
    },
  };
}

async function answer(
  connection: RawConnection,
  note: (text: string) => number,
  add: (at: number, more: string) => void,
): Promise<void> {
  try {
    const head = await connection.readUntil("\r\n\r\n");
    const [start] = head.split("\r\n");
    const host = /^host:[ \t]*(.*?)[ \t]*\r$/im.exec(head)?.[1] ?? "";
    const place = note(`${start.slice(0, start.lastIndexOf(" "))} ${host}`);
    const length = Number(/^content-length:[ \t]*(\d+)/im.exec(head)?.[1] ?? 0);
    let content = length > 0 ? await connection.readBytes(length) : "";
    if (/^transfer-encoding:[ \t]*chunked/im.test(head)) {
      while (!/(?:^|\r\n)0\r\n(?:.*\r\n)*\r\n$/.test(content)) {
        content += await connection.readUntil("\r\n");
      }
    }
    if (content !== "") add(place, ` ${JSON.stringify(content).slice(1, -1)}`);
    await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
  } catch {
    // It has gone.
  } finally {
    connection.close();
  }
}
