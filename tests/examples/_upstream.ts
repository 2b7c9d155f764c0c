/** A server behind a program under test: it answers with its name, `/healthz` with a status of its own. */
export function upstream(name: string) {
  const status = { health: 200, traffic: 200 };
  const held: (() => void)[] = [];
  const state = { status, isStalling: false, asked: 0 };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async ({ url }) => {
    if (new URL(url).pathname === "/healthz") {
      return new Response(name, { status: status.health });
    }
    state.asked++;
    if (state.isStalling) await new Promise<void>((resolve) => held.push(resolve));
    return new Response(name, { status: status.traffic });
  });
  return {
    state,
    address: `127.0.0.1:${server.addr.port}`,
    release: () => held.splice(0).forEach((go) => go()),
    async [Symbol.asyncDispose](): Promise<void> {
      for (const go of held.splice(0)) go();
      await server.shutdown();
    },
  };
}

/** What so many requests are answered with. */
export async function answers(url: string, times: number): Promise<string[]> {
  const texts = [];
  for (let i = 0; i < times; i++) {
    const response = await fetch(url);
    const text = await response.text();
    texts.push(response.ok ? text : String(response.status));
  }
  return texts;
}
