// What the RFCs say about requests, sent to a listener over real sockets.

import { assert, assertEquals } from "@std/assert";
import { rawClient, type RawConnection } from "../support/raw.ts";
import { chunkCases } from "./_chunk_cases.ts";
import { connectionCases } from "./_connection_cases.ts";
import { fieldCases } from "./_field_cases.ts";
import { framingCases } from "./_framing_cases.ts";
import { type RecordingServer, recordingServer } from "./_recording_server.ts";
import type { RequestCase } from "./_request_case.ts";
import { startLineCases } from "./_start_line_cases.ts";

/** The request behind the one that is looked at: an attack, where that is refused. */
const NEXT = "GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

const deliveries: Readonly<Record<string, (text: string) => readonly string[]>> = {
  "at once": (text) => [text],
  // Long ones are long for their own sake.
  "byte by byte": (text) => text.length < 500 ? [...text] : text.match(/[^]{1,999}/g) ?? [],
};

/** Sends a case and gives everything that came back until the server closed the connection. */
async function ask(
  client: RawConnection,
  { sends, ends }: RequestCase,
  deliver: (text: string) => readonly string[],
): Promise<string> {
  const all = client.readToEnd();
  try {
    for (const piece of deliver(ends ? sends : sends + NEXT)) await client.send(piece);
    if (ends) await client.conn.closeWrite();
  } catch {
    // The server has closed: what it has answered counts.
  }
  return await all;
}

function statuses(text: string): number[] {
  return [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
}

async function check(
  server: RecordingServer,
  one: RequestCase,
  deliver: (text: string) => readonly string[],
): Promise<void> {
  using client = await rawClient(server.port);
  const { localAddr } = client.conn;
  const port = "port" in localAddr ? localAddr.port : 0;
  const received = await ask(client, one, deliver);
  const { status, sees = [], isLast = false } = one;
  const goesOn = status === undefined && !isLast;
  assertEquals(server.seen(port), goesOn ? [...sees, "GET /next a"] : sees);
  // What a handler could not finish is answered with a refusal.
  const answered = sees.filter((each) => !each.endsWith(" broken") && !each.startsWith("CONNECT"));
  const finals = [...answered, ...(goesOn ? ["next"] : [])].map(() => 200);
  if (status !== undefined) finals.push(status);
  assertEquals(statuses(received).filter((each) => each >= 200), finals);
  if (status !== undefined) {
    assert(/\r\nconnection: close\r\n/.test(received), "it says that it closes");
  }
  const [head] = one.sends.split("\r\n\r\n");
  const isExpecting = /^expect: *100-continue$/im.test(head) && sees[0]?.startsWith("POST");
  assertEquals(received.startsWith("HTTP/1.1 100 "), isExpecting === true);
}

const all = [...startLineCases, ...fieldCases, ...framingCases, ...chunkCases, ...connectionCases];
for (const [section, cases] of Map.groupBy(all, ({ section }) => section)) {
  Deno.test(`RFC ${section} (${cases.length} cases, over sockets)`, async (test) => {
    await using server = await recordingServer();
    for (const one of cases) {
      for (const [delivery, deliver] of Object.entries(deliveries)) {
        const others = one.others === undefined ? "" : ` (${one.others})`;
        await test.step(`RFC ${section}: ${one.name}, ${delivery}${others}`, () =>
          check(server, one, deliver));
      }
    }
  });
}
