import { HeaderList } from "../../http/mod.ts";
import { RequestParser, WireRequestHead, writeRequestHead } from "./mod.ts";

const TEXT = [
  "GET /api/v1/items/12345?fields=name,price&lang=en HTTP/1.1",
  "Host: www.example.com",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
  "Accept: text/html,application/xhtml+xml,*/*;q=0.8",
  "Accept-Encoding: gzip, deflate, br",
  "Accept-Language: en-US,en;q=0.5",
  "Cookie: session=abcdef0123456789",
  "Cache-Control: no-cache",
  "Connection: keep-alive",
  "",
  "",
].join("\r\n");

const received = new Uint8Array(16384);
const { written: end } = new TextEncoder().encodeInto(TEXT, received);
const out = new Uint8Array(16384);
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** What a program without this codec would do, and no strictness at all. */
function splitIntoStrings(): { line: string; headers: HeaderList } {
  const [line, ...lines] = decoder.decode(received.subarray(0, end)).split("\r\n");
  const headers = HeaderList.fromTrusted(
    lines.slice(0, -2).map((line) => {
      const colon = line.indexOf(":");
      return [line.slice(0, colon), line.slice(colon + 1).trim()];
    }),
  );
  return { line, headers };
}

function joinStrings(line: string, headers: HeaderList): void {
  let text = `${line}\r\n`;
  for (const [name, value] of headers) text += `${name}: ${value}\r\n`;
  encoder.encodeInto(`${text}\r\n`, out);
}

const parser = new RequestParser();
const head = new WireRequestHead();
const spare = new WireRequestHead();

function parse(): void {
  parser.parse(received, 0, end, head);
}

const PARSE = "What does a request head of 8 fields and 400 bytes cost?";
Deno.bench({
  name: "split into strings",
  group: PARSE,
  baseline: true,
  fn: () => void splitIntoStrings(),
});
Deno.bench({ name: "parse", group: PARSE, fn: parse });
Deno.bench({
  name: "parse, read target and host",
  group: PARSE,
  fn() {
    parse();
    void head.target;
    void head.authority;
  },
});
Deno.bench({
  name: "parse byte by byte",
  group: PARSE,
  fn() {
    for (let i = 1; i <= end; i++) parser.parse(received, 0, i, head);
  },
});

const RELAY = "What does it cost to parse a request head and to write it again?";
Deno.bench({
  name: "strings, untouched",
  group: RELAY,
  baseline: true,
  fn() {
    const { line, headers } = splitIntoStrings();
    joinStrings(line, headers);
  },
});
Deno.bench({
  name: "untouched",
  group: RELAY,
  fn() {
    parse();
    writeRequestHead(out, 0, head);
  },
});
Deno.bench({
  name: "strings, one field removed, three set",
  group: RELAY,
  fn() {
    const { line, headers } = splitIntoStrings();
    headers.delete("connection");
    headers.set("x-forwarded-for", "127.0.0.1");
    headers.set("x-forwarded-proto", "http");
    headers.set("via", "1.1 pingo");
    joinStrings(line, headers);
  },
});
Deno.bench({
  name: "one field removed, three set",
  group: RELAY,
  fn() {
    parse();
    const { headers } = head;
    headers.delete("connection");
    headers.set("x-forwarded-for", "127.0.0.1");
    headers.set("x-forwarded-proto", "http");
    headers.set("via", "1.1 pingo");
    writeRequestHead(out, 0, head);
  },
});

const COPY = "What does the copy for one attempt cost?";
parse();
Deno.bench({
  name: "clone()",
  group: COPY,
  baseline: true,
  fn: () => void head.headers.clone(),
});
Deno.bench({ name: "copyTo()", group: COPY, fn: () => head.copyTo(spare) });
