import { assert, assertEquals, assertFalse, assertMatch, assertThrows } from "@std/assert";
import { ERROR_KINDS, type ErrorKind, isErrorKind } from "@pingo/pingo/errors";

/** RFC 9209 §2.3. */
const PROXY_ERROR_TYPES = new Set([
  "dns_timeout",
  "dns_error",
  "destination_not_found",
  "destination_unavailable",
  "destination_ip_prohibited",
  "destination_ip_unroutable",
  "connection_refused",
  "connection_terminated",
  "connection_timeout",
  "connection_read_timeout",
  "connection_write_timeout",
  "connection_limit_reached",
  "tls_protocol_error",
  "tls_certificate_error",
  "tls_alert_received",
  "http_request_error",
  "http_request_denied",
  "http_response_incomplete",
  "http_response_header_section_size",
  "http_response_header_size",
  "http_response_body_size",
  "http_response_trailer_section_size",
  "http_response_trailer_size",
  "http_response_transfer_coding",
  "http_response_content_coding",
  "http_response_timeout",
  "http_upgrade_failed",
  "http_protocol_error",
  "proxy_internal_response",
  "proxy_internal_error",
  "proxy_configuration_error",
  "proxy_loop_detected",
]);

/** What the rest of the product, its users' dashboards and alerts rely on. */
const CONTRACT: Record<ErrorKind, [status: number, source: string, retry: string]> = {
  dns_failed: [502, "upstream", "yes"],
  connect_refused: [502, "upstream", "yes"],
  connect_timeout: [504, "upstream", "yes"],
  connect_failed: [502, "upstream", "yes"],
  tls_failed: [502, "upstream", "yes"],
  tls_certificate_invalid: [502, "upstream", "yes"],
  connection_reset: [502, "upstream", "if-reused"],
  upstream_timeout: [504, "upstream", "no"],
  upstream_body_timeout: [504, "upstream", "no"],
  upstream_write_failed: [502, "upstream", "if-reused"],
  bad_response: [502, "upstream", "no"],
  upstream_body_broken: [502, "upstream", "no"],
  upstream_too_large_head: [502, "upstream", "no"],
  upgrade_refused: [502, "upstream", "no"],
  no_upstream: [503, "upstream", "no"],
  circuit_open: [503, "upstream", "yes"],
  pool_timeout: [503, "upstream", "yes"],
  client_gone: [499, "downstream", "no"],
  bad_request: [400, "downstream", "no"],
  client_body_broken: [400, "downstream", "no"],
  forbidden: [403, "downstream", "no"],
  not_found: [404, "downstream", "no"],
  method_not_allowed: [405, "downstream", "no"],
  request_timeout: [408, "downstream", "no"],
  body_timeout: [408, "downstream", "no"],
  body_too_large: [413, "downstream", "no"],
  target_too_long: [414, "downstream", "no"],
  expectation_failed: [417, "downstream", "no"],
  misdirected: [421, "downstream", "no"],
  rate_limited: [429, "downstream", "no"],
  head_too_large: [431, "downstream", "no"],
  not_implemented: [501, "downstream", "no"],
  version_not_supported: [505, "downstream", "no"],
  loop_detected: [508, "downstream", "no"],
  overloaded: [503, "internal", "no"],
  server_stopping: [503, "internal", "no"],
  deadline_exceeded: [504, "internal", "no"],
  filter_failed: [500, "internal", "no"],
  internal: [500, "internal", "no"],
};

Deno.test("ERROR_KINDS has the agreed status, source and retry for every kind", () => {
  const actual: Record<string, [number, string, string]> = Object.fromEntries(
    Object.entries(ERROR_KINDS).map(([kind, row]) => [kind, [row.status, row.source, row.retry]]),
  );
  assertEquals(actual, CONTRACT);
});

for (const [kind, row] of Object.entries(ERROR_KINDS)) {
  Deno.test(`ERROR_KINDS.${kind} is a whole row`, () => {
    assert(Number.isInteger(row.status) && row.status >= 400 && row.status <= 599);
    assertEquals(row.label, kind);
    assertMatch(row.label, /^[a-z]+(_[a-z]+)*$/);
    assertMatch(row.title, /^[A-Z][^<>&"]*[a-z]$/, "harmless in HTML, no full stop");
    assertMatch(row.description, /^[A-Z].*\.$/);
    if (row.proxyStatus === null) assertEquals(kind, "client_gone");
    else assert(PROXY_ERROR_TYPES.has(row.proxyStatus), row.proxyStatus);
  });
}

Deno.test("ERROR_KINDS cannot be changed", () => {
  assertThrows(() => Object.assign(ERROR_KINDS, { internal: null }), TypeError);
  assertThrows(() => Object.assign(ERROR_KINDS.internal, { status: 200 }), TypeError);
});

Deno.test("isErrorKind() knows own names only", () => {
  assert(isErrorKind("internal"));
  for (const name of ["", "Internal", "toString", "__proto__", "constructor"]) {
    assertFalse(isErrorKind(name), name);
  }
});
