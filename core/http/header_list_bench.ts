import { HeaderList } from "./mod.ts";

const LINES: [string, string][] = [
  ["Host", "example.com"],
  ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"],
  ["Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
  ["Accept-Language", "en-US,en;q=0.5"],
  ["Accept-Encoding", "gzip, deflate, br, zstd"],
  ["Referer", "https://example.com/"],
  ["Cookie", "session=0123456789abcdef; theme=dark"],
  ["Connection", "keep-alive"],
  ["Sec-Fetch-Dest", "document"],
  ["Sec-Fetch-Mode", "navigate"],
  ["Sec-Fetch-Site", "same-origin"],
  ["Priority", "u=0, i"],
];
const list = new HeaderList(LINES);
const web = new Headers(LINES);

/** What is read is kept, so that the reading is not thrown away. */
let length = 0;

// The question is each time what the web's own map costs for the same.
Deno.bench("Headers", { group: "make", baseline: true }, () => {
  new Headers(LINES);
});
Deno.bench("HeaderList", { group: "make" }, () => {
  new HeaderList(LINES);
});
Deno.bench("HeaderList.fromTrusted(pairs)", { group: "make" }, () => {
  HeaderList.fromTrusted(LINES);
});
Deno.bench("HeaderList.fromTrusted(Headers)", { group: "make" }, () => {
  HeaderList.fromTrusted(web);
});

Deno.bench("Headers", { group: "get", baseline: true }, () => {
  web.get("cookie");
});
Deno.bench("HeaderList", { group: "get" }, () => {
  list.get("cookie");
});
Deno.bench("HeaderList, a name in capitals", { group: "get" }, () => {
  list.get("Cookie");
});

Deno.bench("Headers", { group: "miss", baseline: true }, () => {
  web.has("x-forwarded-for");
});
Deno.bench("HeaderList", { group: "miss" }, () => {
  list.has("x-forwarded-for");
});

Deno.bench("Headers", { group: "copy", baseline: true }, () => {
  new Headers(web);
});
Deno.bench("HeaderList.clone()", { group: "copy" }, () => {
  list.clone();
});

Deno.bench("Headers", { group: "copy and set two", baseline: true }, () => {
  const copy = new Headers(web);
  copy.set("x-forwarded-for", "192.0.2.1");
  copy.set("accept", "*/*");
});
Deno.bench("HeaderList", { group: "copy and set two" }, () => {
  const copy = list.clone();
  copy.set("x-forwarded-for", "192.0.2.1");
  copy.set("accept", "*/*");
});

Deno.bench("Headers", { group: "iterate", baseline: true }, () => {
  for (const [name, value] of web) length += name.length + value.length;
});
Deno.bench("HeaderList", { group: "iterate" }, () => {
  for (const [name, value] of list) length += name.length + value.length;
});
Deno.bench("HeaderList.forEach()", { group: "iterate" }, () => {
  list.forEach((value, name) => length += name.length + value.length);
});
