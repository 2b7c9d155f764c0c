import { ProxyError } from "../../errors/mod.ts";

/** What a header that breaks the rules is refused with. */
export function fault(state: string): ProxyError {
  return new ProxyError("bad_request", `Cannot parse a PROXY header: ${state}`);
}
