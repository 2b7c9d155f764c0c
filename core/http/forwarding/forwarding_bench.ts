import {
  addVia,
  type Client,
  clientAddress,
  forwardingHeaders,
  hasViaLoop,
  HeaderList,
  httpDate,
  removeHopByHop,
  TrustedProxies,
} from "../mod.ts";

/** A browser's request. */
const BROWSER: [string, string][] = [
  ["host", "example.com"],
  ["user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"],
  ["accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
  ["accept-language", "en-US,en;q=0.5"],
  ["accept-encoding", "gzip, deflate, br, zstd"],
  ["referer", "https://example.com/"],
  ["cookie", "session=0123456789abcdef; theme=dark"],
  ["sec-fetch-dest", "document"],
  ["sec-fetch-mode", "navigate"],
  ["sec-fetch-site", "same-origin"],
  ["priority", "u=0, i"],
];
const plain = HeaderList.fromTrusted(BROWSER);
const keepAlive = HeaderList.fromTrusted([...BROWSER, ["connection", "keep-alive"]]);
const upgrading = HeaderList.fromTrusted([
  ...BROWSER,
  ["connection", "keep-alive, Upgrade"],
  ["upgrade", "websocket"],
]);
const forged = HeaderList.fromTrusted([
  ...BROWSER,
  ["x-forwarded-for", "127.0.0.1"],
  ["forwarded", "for=127.0.0.1"],
]);
const chained = HeaderList.fromTrusted([
  ...BROWSER,
  ["via", "1.1 edge-1 (nginx)"],
  ["x-forwarded-for", "192.0.2.1, 10.0.0.2"],
  ["x-forwarded-proto", "https"],
  ["x-forwarded-host", "example.com"],
]);
const client: Client = { address: "192.0.2.1", port: 4711, transport: "tcp", scheme: "https" };
const proxy: Client = { ...client, address: "10.0.0.1" };
const trusted = new TrustedProxies(["private"]);
const host = "example.com";

// What changes the map works on a copy: the copy alone is what to take off.
Deno.bench("copy alone", { group: "hop-by-hop", baseline: true }, () => {
  plain.clone();
});
Deno.bench("copy, nothing to remove", { group: "hop-by-hop" }, () => {
  removeHopByHop(plain.clone());
});
Deno.bench("copy, Connection: keep-alive", { group: "hop-by-hop" }, () => {
  removeHopByHop(keepAlive.clone());
});
Deno.bench("copy, an upgrade", { group: "hop-by-hop" }, () => {
  removeHopByHop(upgrading.clone());
});
Deno.bench("nothing to remove, without a copy", { group: "hop-by-hop" }, () => {
  removeHopByHop(plain);
});

Deno.bench("copy alone", { group: "forwarding", baseline: true }, () => {
  plain.clone();
});
Deno.bench("untrusted, X-Forwarded-*", { group: "forwarding" }, () => {
  forwardingHeaders(plain.clone(), { client, host, trusted });
});
Deno.bench("untrusted, both", { group: "forwarding" }, () => {
  forwardingHeaders(plain.clone(), { client, host, trusted, fields: "both" });
});
Deno.bench("untrusted, forged fields", { group: "forwarding" }, () => {
  forwardingHeaders(forged.clone(), { client, host, trusted });
});
Deno.bench("trusted, X-Forwarded-*", { group: "forwarding" }, () => {
  forwardingHeaders(chained.clone(), { client: proxy, host, trusted });
});

Deno.bench("everything that a request gets", { group: "whole" }, () => {
  const headers = keepAlive.clone();
  hasViaLoop(headers, "pingo-4f2");
  removeHopByHop(headers);
  forwardingHeaders(headers, { client, host, trusted });
  addVia(headers, { version: "1.1", pseudonym: "pingo-4f2" });
});

Deno.bench("client behind two proxies", { group: "clientAddress" }, () => {
  clientAddress(chained, "10.0.0.1", { trusted });
});
Deno.bench("client without a proxy", { group: "clientAddress", baseline: true }, () => {
  clientAddress(chained, "192.0.2.1", { trusted });
});

const strangers = Array.from({ length: 8192 }, (_, i) => `2001:db8::${i.toString(16)}`);
let next = 0;
Deno.bench("a remembered address", { group: "isTrusted", baseline: true }, () => {
  trusted.isTrusted("192.0.2.1");
});
Deno.bench("addresses that were never seen", { group: "isTrusted" }, () => {
  trusted.isTrusted(strangers[next++ & 8191]);
});

let now = 0;
Deno.bench("the same second", { group: "httpDate", baseline: true }, () => {
  httpDate(1_000_000_000_000);
});
Deno.bench("a new second", { group: "httpDate" }, () => {
  httpDate(now += 1000);
});
