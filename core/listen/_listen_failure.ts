import type { ListenAddress } from "./listen_address.ts";
import { ListenError, type ListenErrorCode } from "./listen_error.ts";

/** What the system or Deno threw, as one clear line. */
export function listenFailure(
  cause: unknown,
  address: ListenAddress,
  options: { hasTls?: boolean } = {},
): ListenError {
  if (cause instanceof ListenError) return cause;
  const [code, state] = diagnose(cause, address, options.hasTls ?? false);
  return new ListenError(code, address, state, { cause });
}

function diagnose(
  cause: unknown,
  address: ListenAddress,
  hasTls: boolean,
): [ListenErrorCode, string] {
  const message = cause instanceof Error ? cause.message : String(cause);
  const isTcp = address.transport === "tcp";
  if (cause instanceof Deno.errors.AddrInUse) {
    return [
      "address_in_use",
      isTcp ? "the port is taken" : "another process listens there",
    ];
  }
  if (cause instanceof Deno.errors.AddrNotAvailable) {
    return ["address_not_available", "this machine does not have that address"];
  }
  if (cause instanceof Deno.errors.NotCapable) {
    return ["permission_denied", message.replace(/^Requires/, "Deno requires")];
  }
  if (cause instanceof Deno.errors.PermissionDenied) {
    const isLow = isTcp && address.port < 1024;
    return [
      "permission_denied",
      isLow ? "a port below 1024 takes privileges" : "permission denied",
    ];
  }
  // getaddrinfo's failures have neither a class nor a code in Deno 2.9.
  if (message.startsWith("failed to lookup address")) {
    return ["name_not_found", "the name has no address"];
  }
  if (!isTcp && cause instanceof Deno.errors.NotFound) {
    return ["bad_path", "the directory does not exist"];
  }
  if (!isTcp && message.includes("SUN_LEN")) {
    return ["bad_path", "the path is too long for a socket"];
  }
  // rustls has no class for a key that does not fit: bare errors without a system's code.
  if (
    hasTls &&
    (cause instanceof Deno.errors.InvalidData || !hasSystemCode(cause))
  ) {
    return ["bad_certificate", `certificate or key is not usable (${message})`];
  }
  return ["failed", message];
}

function hasSystemCode(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause &&
    typeof cause.code === "string";
}
