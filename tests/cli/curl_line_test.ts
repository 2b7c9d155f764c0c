import { assertEquals } from "@std/assert";
import { curlLine } from "../../cli/mod.ts";
import { testTls } from "../core/listen/_certificate.ts";

const lines: { name: string; url: string; cert?: string; want: string }[] = [
  { name: "TCP", url: "http://127.0.0.1:80", want: "curl -i http://127.0.0.1:80/" },
  { name: "IPv6", url: "http://[::1]:80", want: "curl -i 'http://[::1]:80/'" },
  {
    name: "a certificate that signed itself",
    url: "https://localhost:8443",
    cert: testTls.cert,
    want: "curl -i -k https://localhost:8443/",
  },
  {
    name: "a certificate that cannot be read",
    url: "https://localhost:8443",
    cert: "-----BEGIN CERTIFICATE-----",
    want: "curl -i https://localhost:8443/",
  },
  {
    name: "a unix socket",
    url: "unix:/run/x.sock",
    want: "curl -i --unix-socket /run/x.sock http://localhost/",
  },
  {
    name: "a unix socket whose path a shell would take apart",
    url: "unix:/tmp/it's here",
    want: `curl -i --unix-socket '/tmp/it'\\''s here' http://localhost/`,
  },
];
for (const { name, url, cert, want } of lines) {
  Deno.test(`curlLine() gives a line to copy when it listens on ${name}`, () => {
    assertEquals(curlLine(url, { cert }), want);
  });
}
