import { type ErrorKind, ProxyError } from "../../../errors/mod.ts";

/** The `ProxyError` for what connecting failed with; of several failures the most telling one. */
export function dialFailure(address: string, cause: unknown): ProxyError {
  const all: unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  for (const each of all) if (each instanceof ProxyError) return each;
  const kinds = all.map(kindOf);
  const kind = PREFERRED.find((each) => kinds.includes(each)) ?? "connect_failed";
  return new ProxyError(kind, `Cannot connect to ${address}: ${STATES[kind]}`, {
    cause: all.length === 1 ? all[0] : cause,
  });
}

/** A machine that answers with a refusal tells more than a network that does not know the way to it. */
const PREFERRED = ["tls_failed", "connect_refused", "connect_timeout", "connect_failed"] as const;

const STATES: Readonly<Record<typeof PREFERRED[number], string>> = {
  tls_failed: "the own certificate or its key is not valid",
  connect_refused: "refused",
  connect_timeout: "no answer in time",
  connect_failed: "it cannot be reached",
};

function kindOf(cause: unknown): typeof PREFERRED[number] {
  if (cause instanceof Deno.errors.ConnectionRefused) return "connect_refused";
  if (cause instanceof Deno.errors.TimedOut) return "connect_timeout";
  // `Deno.connectTls` looks at certificate and key before it connects.
  return cause instanceof Deno.errors.InvalidData ? "tls_failed" : "connect_failed";
}

/**
 * The `ProxyError` for a TLS handshake that failed. Deno has one class for all that rustls says: whether
 * it is the certificate, its text alone tells.
 */
export function tlsFailure(address: string, cause: unknown): ProxyError {
  if (cause instanceof ProxyError) return cause;
  const isCertificate = cause instanceof Deno.errors.InvalidData &&
    cause.message.startsWith("invalid peer certificate");
  const kind: ErrorKind = isCertificate ? "tls_certificate_invalid" : "tls_failed";
  const state = isCertificate ? "its certificate is not valid for it" : "the handshake failed";
  return new ProxyError(kind, `Cannot speak TLS to ${address}: ${state}`, { cause });
}
