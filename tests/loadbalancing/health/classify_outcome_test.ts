import { assertEquals } from "@std/assert";
import { ERROR_KINDS, type ErrorKind, ProxyError } from "../../../errors/mod.ts";
import { classifyOutcome } from "../../../loadbalancing/mod.ts";

const answered = (status: number | null) => classifyOutcome({ status, error: null, durationMs: 1 });
const failed = (kind: ErrorKind, status: number | null = null) =>
  classifyOutcome({ status, error: new ProxyError(kind), durationMs: 1 });

Deno.test("classifyOutcome() goes by the status where nothing failed", () => {
  for (const status of [101, 200, 304, 404, 429, 499, null]) {
    assertEquals(answered(status), "success", `${status}`);
  }
  for (const status of [500, 501, 505, 599]) assertEquals(answered(status), "server_error");
  for (const status of [502, 503, 504]) assertEquals(answered(status), "gateway_error");
});

Deno.test("classifyOutcome() tells failures of the way from those of the backend", () => {
  const kinds: Record<string, ErrorKind[]> = { success: [] };
  for (const kind of Object.keys(ERROR_KINDS) as ErrorKind[]) {
    if (ERROR_KINDS[kind].source === "upstream") (kinds[failed(kind)] ??= []).push(kind);
  }
  assertEquals(kinds.success, []);
  assertEquals(kinds.gateway_error, ["bad_response", "upstream_too_large_head"]);
  assertEquals(kinds.local_failure, [
    "dns_failed",
    "connect_refused",
    "connect_timeout",
    "connect_failed",
    "tls_failed",
    "tls_certificate_invalid",
    "connection_reset",
    "upstream_timeout",
    "upstream_body_timeout",
    "upstream_write_failed",
    "upstream_body_broken",
  ]);
  for (const kind of ["no_upstream", "circuit_open", "pool_timeout"] as const) {
    assertEquals(failed(kind), "ignored");
  }
});

Deno.test("classifyOutcome() ignores what client and proxy gave up, unless there was a status", () => {
  assertEquals(failed("client_gone"), "ignored");
  assertEquals(failed("client_gone", 200), "success");
  assertEquals(failed("client_gone", 500), "server_error");
  assertEquals(failed("filter_failed"), "ignored");
  assertEquals(failed("overloaded"), "ignored");
  assertEquals(failed("deadline_exceeded"), "local_failure");
  assertEquals(failed("deadline_exceeded", 200), "success");
});

Deno.test("classifyOutcome() counts an answer that broke off, whatever its status", () => {
  assertEquals(failed("upstream_body_broken", 200), "local_failure");
});
