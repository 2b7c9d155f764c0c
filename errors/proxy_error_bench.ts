import { errorPage } from "./error_page.ts";
import { ProxyError } from "./proxy_error.ts";

class PlainError extends Error {
  constructor(message: string, readonly kind: string) {
    super(message);
  }
}

/** Errors are made some calls deep; an `Error` pays for each frame. */
function deep(depth: number, run: () => unknown): unknown {
  return depth === 0 ? run() : deep(depth - 1, run);
}

// What does the refusal of a request cost?
const group = "refuse a request";
Deno.bench("class extends Error", { group, baseline: true }, () => {
  deep(10, () => new PlainError("Too many requests", "rate_limited"));
});
Deno.bench("ProxyError, 429", { group }, () => {
  deep(10, () => new ProxyError("rate_limited"));
});
Deno.bench("ProxyError, 500 with frames", { group }, () => {
  deep(10, () => new ProxyError("internal"));
});

const error = new ProxyError("rate_limited", undefined, {
  headers: [["Retry-After", "1"]],
});
const browser = "text/html,application/xhtml+xml,*/*;q=0.8";
Deno.bench("errorPage, curl", { group: "page", baseline: true }, () => {
  errorPage(error, { accept: "*/*", requestId: "b7f" });
});
Deno.bench("errorPage, browser", { group: "page" }, () => {
  errorPage(error, { accept: browser, requestId: "b7f" });
});
