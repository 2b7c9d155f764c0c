import type { Body, Reply, Tunnel } from "../../http/mod.ts";
import type { ResponseSlot } from "./_response_slot.ts";

/** A response over the buffer that it was received in; plain fields, so that it can be spread. */
export class WireReply implements Reply {
  status: number;
  reason: string;
  readonly headers: Reply["headers"];
  body: Body | null;
  tunnel?: Tunnel;
  release: () => void;

  constructor(slot: ResponseSlot, body: Body | null, tunnel: Tunnel | undefined) {
    const { head } = slot;
    this.status = head.status;
    this.reason = head.reason;
    this.headers = head.headers;
    this.body = body;
    this.tunnel = tunnel;
    this.release = slot.release;
  }
}
