import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  ChunkedDecoder,
  Framing,
  requestHeadLength,
  RequestParser,
  ResponseParser,
  WireRequestHead,
  WireResponseHead,
  writeRequestHead,
} from "../../../../core/http1/codec/mod.ts";
import {
  chunkedText,
  type Cuts,
  cuts,
  mutate,
  mutations,
  pieceEnds,
  requestText,
  responseText,
} from "./_messages.ts";
import { readRequest } from "./_request_oracle.ts";
import { bytesOf, faultName, textOf } from "./_support.ts";

// fast-check prints the seed of a failure, with which it can be repeated: `fc.assert(…, { seed })`.

/** What the bytes behind `end` hold: whoever reads them gives himself away. */
const GARBAGE = ["\0", "A", "\r\n\r\n", ": x\r\n\r\n", " HTTP/1.1\r\n\r\n", "0\r\n\r\n"];

/**
 * The text as a connection sees it: it grows cut by cut, lies elsewhere each time, and what is behind
 * its end is somebody else's. Ends with the first call that does not give 0.
 */
function inPieces(
  text: string,
  cuts: Cuts,
  parse: (bytes: Uint8Array, start: number, end: number) => number,
): number {
  for (const [turn, end] of pieceEnds(text, cuts).entries()) {
    const start = turn % 7;
    const garbage = GARBAGE[turn % GARBAGE.length].repeat(3);
    const bytes = bytesOf("\n\r:".repeat(3).slice(0, start) + text.slice(0, end) + garbage);
    const result = parse(bytes, start, start + end);
    assert(result <= start + end, "reads no further than the end");
    if (result !== 0) return result < 0 ? result : result - start;
  }
  return 0;
}

function requestState(head: WireRequestHead): unknown[] {
  return [
    [head.method, head.target, head.authority, head.version, head.form, head.targetScheme],
    [head.framing, head.contentLength, head.isKeepAlive, head.expectsContinue, head.isUpgrade],
    [head.fields, head.byteLength],
    [...head.headers],
  ];
}

Deno.test("any split of a request's bytes gives the same parse (RFC 9112 §2.2, property)", () => {
  fc.assert(
    fc.property(requestText, mutations, cuts, (text, steps, cuts) => {
      const bytes = mutate(text, steps);
      const small = { maxHeadBytes: 150, maxFields: 5, maxTargetBytes: 30 };
      for (const limits of [undefined, small]) {
        const whole = new WireRequestHead();
        const expected = inPieces(
          bytes,
          [],
          (b, s, e) => new RequestParser(limits).parse(b, s, e, whole),
        );
        const parser = new RequestParser(limits);
        const head = new WireRequestHead();
        const result = inPieces(bytes, cuts, (b, s, e) => parser.parse(b, s, e, head));
        assertEquals(faultName(result), faultName(expected));
        if (result > 0) assertEquals(requestState(head), requestState(whole));
      }
    }),
    { numRuns: 6_000, verbose: 1 },
  );
});

Deno.test("requests are taken and refused as naive rules say (RFC 9112 §3 to §6, property)", () => {
  let taken = 0;
  fc.assert(
    fc.property(requestText, mutations, (text, steps) => {
      const bytes = mutate(text, steps);
      const head = new WireRequestHead();
      const end = new RequestParser().parse(bytesOf(bytes), 0, bytes.length, head);
      const meaning = readRequest(bytes);
      if (meaning === null) {
        assert(end <= 0, "what the rules refuse is not taken");
        return;
      }
      taken++;
      assertEquals(faultName(end), String(meaning.end));
      assertEquals([head.method, head.target, head.version], [
        meaning.method,
        meaning.target,
        meaning.version,
      ]);
      assertEquals([head.contentLength, head.isKeepAlive], [
        meaning.contentLength,
        meaning.isKeepAlive,
      ]);
      const lines = meaning.lines.filter(([name]) => name.toLowerCase() !== "host");
      assertEquals([...head.headers].filter(([name]) => name.toLowerCase() !== "host"), lines);
    }),
    { numRuns: 6_000, verbose: 1 },
  );
  assert(taken > 500, `only ${taken} requests were good`);
});

Deno.test("what was parsed, written and parsed again is the same (property)", () => {
  let taken = 0;
  fc.assert(
    fc.property(requestText, (text) => {
      const first = new WireRequestHead();
      if (new RequestParser().parse(bytesOf(text), 0, text.length, first) <= 0) return;
      // The writer's version is 1.1, in which some of what HTTP/1.0 may leave out is an error.
      if (first.version === "1.0") return;
      taken++;
      const written = new Uint8Array(requestHeadLength(first));
      const length = writeRequestHead(written, 0, first);
      const second = new WireRequestHead();
      assertEquals(new RequestParser().parse(written, 0, length, second), length);
      assertEquals([second.method, second.target], [first.method, first.target]);
      assertEquals([...second.headers], [...first.headers]);
      assertEquals(second.contentLength, first.contentLength);
      const again = new Uint8Array(requestHeadLength(second));
      const end = writeRequestHead(again, 0, second);
      assertEquals(textOf(again.subarray(0, end)), textOf(written.subarray(0, length)));
    }),
    { numRuns: 3_000, verbose: 1 },
  );
  assert(taken > 300, `only ${taken} requests were good`);
});

Deno.test("any split of a response's bytes gives the same parse (RFC 9112 §2.2, property)", () => {
  fc.assert(
    fc.property(
      responseText,
      mutations,
      cuts,
      fc.constantFrom("GET", "HEAD", "CONNECT"),
      (text, steps, cuts, method) => {
        const bytes = mutate(text, steps);
        const outcome = (cuts: Cuts) => {
          const parser = new ResponseParser({ maxHeadBytes: 200, maxFields: 5 });
          parser.begin(method);
          const head = new WireResponseHead();
          const result = inPieces(bytes, cuts, (b, s, e) => parser.parse(b, s, e, head));
          if (result <= 0) return faultName(result);
          if (head.framing === Framing.CLOSE) assertEquals(head.isKeepAlive, false);
          return [
            [result, head.status, head.reason, head.version, head.fields, head.byteLength],
            [head.framing, head.contentLength, head.isKeepAlive, head.isUpgrade],
            [...head.headers],
          ];
        };
        assertEquals(outcome(cuts), outcome([]));
      },
    ),
    { numRuns: 4_000, verbose: 1 },
  );
});

interface Chunks {
  readonly content: string;
  readonly end: string;
  readonly trailers: [string, string][] | null;
}

/** Reads chunked content that comes in pieces, each in a buffer of its own. */
function readChunks(text: string, cuts: Cuts, how: "decode" | "relay"): Chunks {
  const decoder = new ChunkedDecoder({ maxExtensionBytes: 20, maxTrailerBytes: 60 });
  let content = "";
  let from = 0;
  for (const [turn, cut] of pieceEnds(text, cuts).entries()) {
    const garbage = GARBAGE[turn % GARBAGE.length];
    const bytes = bytesOf(`\r\n${text.slice(from, cut)}${garbage}`);
    const end = 2 + cut - from;
    let at = 2;
    while (at < end && !decoder.isDone) {
      at = decoder[how](bytes, at, end);
      if (at < 0) return { content, end: faultName(at), trailers: null };
      assert(at <= end, "reads no further than the end");
      content += textOf(bytes.subarray(decoder.dataStart, decoder.dataEnd));
    }
    if (decoder.isDone) {
      const { trailers } = decoder;
      return { content, end: String(from + at - 2), trailers: trailers && [...trailers] };
    }
    from = cut;
  }
  return { content, end: "more", trailers: null };
}

Deno.test("any split of chunks gives the same content, relayed too (RFC 9112 §7.1, property)", () => {
  let done = 0;
  fc.assert(
    fc.property(chunkedText, mutations, cuts, (text, steps, cuts) => {
      const bytes = mutate(text, steps);
      const whole = readChunks(bytes, [], "decode");
      assertEquals(readChunks(bytes, cuts, "decode"), whole);
      const relayed = readChunks(bytes, cuts, "relay");
      assertEquals(relayed.end, whole.end);
      assertEquals(relayed.trailers, whole.trailers);
      // Of refused content more or less was sent on before it was cut.
      if (!/^\d+$/.test(whole.end)) return;
      assertEquals(relayed.content, readChunks(bytes, [], "relay").content);
      done++;
      // What was relayed is good chunked content itself, without extensions.
      const sent = relayed.content + (relayed.trailers === null ? "" : "\r\n");
      assertEquals(readChunks(sent, [], "decode"), {
        content: whole.content,
        end: String(sent.length),
        trailers: null,
      });
      assert(/^[0-9a-fA-F]+\r\n/.test(sent));
    }),
    { numRuns: 5_000, verbose: 1 },
  );
  assert(done > 500, `only ${done} contents were good`);
});

Deno.test("random bytes never throw (property)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), cuts, (random, cuts) => {
      const text = textOf(random);
      const request = new RequestParser();
      const head = new WireRequestHead();
      inPieces(text, cuts, (b, s, e) => request.parse(b, s, e, head));
      const response = new ResponseParser();
      const answer = new WireResponseHead();
      inPieces(text, cuts, (b, s, e) => response.parse(b, s, e, answer));
      readChunks(text, cuts, "decode");
      readChunks(text, cuts, "relay");
    }),
    { numRuns: 2_000, verbose: 1 },
  );
});
