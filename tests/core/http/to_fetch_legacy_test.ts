import { assert, assertEquals } from "@std/assert";
import { runDeno } from "../../support/run_deno.ts";

const program = new URL("./_legacy_program.ts", import.meta.url).pathname;
const flag = "--unstable-no-legacy-abort";

/** Status, kind of error and bytes of each scenario; the thrown one's page is counted apart. */
const ENDS:
  readonly (readonly [name: string, status: number, kind: string | null, bytes?: number])[] = [
    ["bytes", 200, null, 5],
    ["empty", 204, null, 0],
    ["stream", 200, null, 10],
    ["native", 200, null, 5],
    ["broken", 200, "upstream_body_broken", 5],
    ["thrown", 500, "internal"],
    ["stalled", 200, "client_gone", 5],
    ["late", 499, "client_gone", 0],
  ];

for (const args of [[], [flag]]) {
  const how = args.length === 0 ? "without the flag no-legacy-abort" : "with the flag";
  Deno.test(`toFetch() ends every exchange once, and rightly, ${how}`, async () => {
    const isNative = args.length > 0;
    const { code, stdout, stderr } = await runDeno([
      ...["run", "-A", "--no-config", "--no-check"],
      ...args,
      program,
    ]);
    assertEquals(code, 0, stderr);
    // Deno warns where the old behaviour is in use: so it really was, or was not.
    assertEquals(stderr.includes("no-legacy-abort"), !isNative, stderr);
    const { ends, counts, cancels } = JSON.parse(stdout);
    [...ENDS, ...ENDS].forEach(([name, status, kind, bytes], at) => {
      const [, , , sent] = ends[at];
      assertEquals(ends[at], [name, status, kind, sent]);
      if (bytes === undefined) assert(sent > 0);
      // A native stream hides what it sends; it is one from the second exchange on.
      else assertEquals(sent, isNative && name === "native" ? -1 : bytes);
    });
    assertEquals(counts, Array(2 * ENDS.length).fill(1));
    assertEquals(cancels, [1, 1]);
  });
}
