import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import {
  ERROR_KINDS,
  type ErrorPage,
  errorPage,
  isErrorKind,
  ProxyError,
} from "@pingo/pingo/errors";

const ACCEPTS = { text: "text/plain", problem: "application/json", html: "text/html" };
const TYPES: Record<string, string> = {
  text: "text/plain; charset=utf-8",
  problem: "application/problem+json",
  html: "text/html; charset=utf-8",
};

function field(page: ErrorPage, name: string): string | undefined {
  return page.headers.find(([key]) => key.toLowerCase() === name)?.[1];
}

const NEGOTIATION: [name: string, accept: string | null | undefined, form: string][] = [
  ["there is none", undefined, "text"],
  ["it is null", null, "text"],
  ["it is empty", "", "text"],
  ["curl sends it", "*/*", "text"],
  [
    "Chrome sends it",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
    "html",
  ],
  ["Firefox loads an image", "image/avif,image/webp,*/*;q=0.8", "text"],
  ["axios sends it", "application/json, text/plain, */*", "problem"],
  ["it wants JSON", "application/json", "problem"],
  ["it wants problem+json", "application/problem+json", "problem"],
  ["it wants JSON before anything", "application/json, */*", "problem"],
  ["it wants HTML a little more", "application/json;q=0.8, text/html;q=0.9", "html"],
  ["it refuses text", "text/plain;q=0, */*", "problem"],
  ["it refuses problem+json, not JSON", "application/problem+json;q=0, text/html;q=0.1", "html"],
  ["it has a family", "text/*", "text"],
  ["it has another family", "application/*", "problem"],
  ["it excludes one of a family", "text/*, text/plain;q=0", "html"],
  ["it has odd case and space", " TEXT/HTML ; Q=1.0 ", "html"],
  ["it has a parameter before q", "text/html;level=1;q=0.5, application/json;q=0.4", "html"],
  ["it names HTML first", "text/html, application/json", "html"],
  ["it names JSON first", "application/json, text/html", "problem"],
  ["nothing fits", "image/png", "text"],
  ["everything is refused", "*/*;q=0", "text"],
  ["a quality is malformed", "text/html;q=2, application/json;q=0.1", "problem"],
  ["a quality is negative", "text/html;q=-1", "text"],
  ["a quality has four decimals", "text/html;q=0.1234", "text"],
  ["it is rubbish", ",;=,/,q=1;;", "text"],
  ["it is long", `${"a/b,".repeat(10_000)}text/html`, "text"],
];
for (const [name, accept, form] of NEGOTIATION) {
  Deno.test(`errorPage() is ${form} when Accept: ${name} (RFC 9110 §12.5.1)`, () => {
    const page = errorPage(new ProxyError("not_found"), { accept });
    assertEquals(field(page, "content-type"), TYPES[form]);
  });
}

Deno.test("errorPage() has a page for every kind in every form", () => {
  for (const [kind, row] of Object.entries(ERROR_KINDS)) {
    assert(isErrorKind(kind));
    for (const accept of Object.values(ACCEPTS)) {
      const page = errorPage(new ProxyError(kind, "secret"), { accept });
      assertEquals(page.status, row.status);
      assertStringIncludes(page.body, row.title);
      assertFalse(page.body.includes("secret"));
    }
  }
});

Deno.test("errorPage() writes text", () => {
  const page = errorPage(new ProxyError("no_upstream", "secret"), { requestId: "r-1" });
  assertEquals(page, {
    status: 503,
    headers: [
      ["content-type", "text/plain; charset=utf-8"],
      ["cache-control", "no-store"],
      ["x-content-type-options", "nosniff"],
      ["proxy-status", "pinGo; error=destination_unavailable"],
    ],
    body: "503 Service Unavailable\nNo upstream server is available\nRequest id: r-1\n",
  });
});

Deno.test("errorPage() writes problem+json (RFC 9457 §3.1)", () => {
  const requestId = "0b3f8a52-5f0c-4d5e-8a44-0d2c3a5f9f11";
  const page = errorPage(new ProxyError("upstream_timeout"), {
    accept: "application/json",
    requestId,
  });
  assertEquals(JSON.parse(page.body), {
    type: "about:blank",
    title: "Gateway Timeout",
    status: 504,
    detail: "The upstream server did not answer in time",
    instance: `urn:uuid:${requestId}`,
  });
});

Deno.test("errorPage() writes a URN for a request id that is no UUID", () => {
  const instance = (requestId: string): unknown =>
    JSON.parse(
      errorPage(new ProxyError("internal"), { accept: "application/json", requestId }).body,
    ).instance;
  assertEquals(instance("a b/ü"), "urn:x-request-id:a%20b%2F%C3%BC");
  assertEquals(instance("\ud800"), "urn:x-request-id:%EF%BF%BD");
});

Deno.test("errorPage() writes HTML that may load nothing", () => {
  const page = errorPage(new ProxyError("internal"), { accept: "text/html" });
  assertEquals(field(page, "content-security-policy"), "default-src 'none'");
  assertMatch(page.body, /^<!doctype html>\n<html lang="en">/);
  assertStringIncludes(page.body, "<h1>500 Internal Server Error</h1>");
});

Deno.test("errorPage() escapes what is not its own in HTML", () => {
  const hostile = `"><script>alert('1')</script>&`;
  const page = errorPage(new ProxyError("internal", hostile), {
    accept: "text/html",
    requestId: hostile,
    showDetail: true,
  });
  assertFalse(page.body.includes("<script"));
  const escaped = "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;";
  assertStringIncludes(page.body, `<code>${escaped}</code>`);
  assertStringIncludes(page.body, `<pre>internal: ${escaped}</pre>`);
});

Deno.test("errorPage() keeps a hostile request id on its line in text", () => {
  const page = errorPage(new ProxyError("internal"), { requestId: "a\r\n\x1b[2Jb" });
  assertEquals(page.body.split("\n").at(2), "Request id: a???[2Jb");
});

Deno.test("errorPage() names the class of an unregistered status", () => {
  const phrase = (status: number): string =>
    errorPage(new ProxyError("internal", "x", { status })).body.split("\n")[0];
  assertEquals(phrase(477), "477 Client Error");
  assertEquals(phrase(577), "577 Server Error");
});

Deno.test("errorPage() adds the error's fields but for those it decides", () => {
  const page = errorPage(
    new ProxyError("rate_limited", "x", {
      headers: [
        ["Retry-After", "30"],
        ["Content-Type", "text/evil"],
        ["Content-Length", "1"],
        ["Transfer-Encoding", "chunked"],
        ["Cache-Control", "public"],
        ["RateLimit", "a;r=0"],
      ],
    }),
  );
  assertEquals(page.headers.slice(-2), [["Retry-After", "30"], ["RateLimit", "a;r=0"]]);
  assertEquals(page.headers.filter(([name]) => /^c/i.test(name)), [
    ["content-type", "text/plain; charset=utf-8"],
    ["cache-control", "no-store"],
  ]);
});

Deno.test("errorPage() sends no Proxy-Status when the client is gone", () => {
  assertEquals(field(errorPage(new ProxyError("client_gone")), "proxy-status"), undefined);
});

Deno.test("errorPage() shows what logs tell when showDetail is on", () => {
  const error = new ProxyError("connect_refused", "Cannot connect to 10.0.0.7:80", {
    cause: new Error("os error 111"),
  });
  for (const accept of Object.values(ACCEPTS)) {
    const page = errorPage(error, { accept, showDetail: true });
    assertStringIncludes(page.body, "Cannot connect to 10.0.0.7:80");
    assertStringIncludes(page.body, "os error 111");
    assertStringIncludes(field(page, "proxy-status") ?? "", "10.0.0.7:80");
  }
});

Deno.test("errorPage() leaks no message, context or cause (property)", () => {
  const secret = "s3cr3t";
  const text = fc.string().map((s) => `${s}${secret}${s}`);
  const kinds = fc.constantFrom(...Object.values(ERROR_KINDS));
  fc.assert(
    fc.property(
      kinds,
      text,
      text,
      fc.constantFrom(...Object.values(ACCEPTS)),
      (row, a, b, accept) => {
        const error = new ProxyError("internal", a, {
          status: row.status,
          cause: new Error(b, { cause: a }),
          context: [b],
        });
        assertFalse(JSON.stringify(errorPage(error, { accept })).includes(secret));
      },
    ),
    { verbose: 1 },
  );
});

Deno.test("errorPage() never throws and always knows a form (property)", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      (accept, requestId) => {
        const page = errorPage(new ProxyError("bad_request"), { accept, requestId });
        assert(Object.values(TYPES).includes(field(page, "content-type") ?? ""));
      },
    ),
    { verbose: 1 },
  );
});
