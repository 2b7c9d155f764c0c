import { HeaderList, type HeaderMap } from "../../http/mod.ts";
import { RequestParser, WireRequestHead } from "./mod.ts";

const TEXT = [
  "GET / HTTP/1.1",
  "Host: www.example.com",
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/120.0.0.0",
  "Accept: text/html,application/xhtml+xml,*/*;q=0.8",
  "Accept-Encoding: gzip, deflate, br",
  "Accept-Language: en-US,en;q=0.5",
  "Cookie: session=abcdef0123456789",
  "Cache-Control: no-cache",
  "X-Forwarded-For: 192.0.2.1",
  "",
  "",
].join("\r\n");

const bytes = new TextEncoder().encode(TEXT);
const head = new WireRequestHead();
new RequestParser().parse(bytes, 0, bytes.length, head);
const list = new HeaderList(head.headers);
const web = new Headers([...head.headers]);

function group(question: string, run: (map: HeaderMap | Headers) => void): void {
  Deno.bench({ name: "Headers", group: question, baseline: true, fn: () => run(web) });
  Deno.bench({ name: "HeaderList", group: question, fn: () => run(list) });
  Deno.bench({ name: "IndexedHeaders", group: question, fn: () => run(head.headers) });
}

group("has() of a field that is not there", (map) => void map.has("transfer-encoding"));
group("get() of a short value", (map) => void map.get("cache-control"));
group("get() of a long value", (map) => void map.get("user-agent"));
group(
  "set() of a field that is there",
  (map) => map.set("x-forwarded-for", "192.0.2.1, 198.51.100.2"),
);
