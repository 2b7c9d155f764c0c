import type { ProxyError } from "../../../errors/mod.ts";
import type { TimerWheel } from "../../../timeout/mod.ts";
import type { Handler, Reply, ServerExchange } from "../../http/mod.ts";
import type { RequestTurns } from "./request_turns.ts";
import type { CheckedServerLimits } from "./server_limits.ts";

/** What the connections of a listener have in common. */
export interface ServerConnectionOptions {
  /** Answers requests. */
  handler: Handler;
  /** Runs the timeouts. */
  wheel: TimerWheel;
  /** Bounds of what clients may send and of how long they may take. */
  limits: CheckedServerLimits;
  /** Writes the response for what the handler threw, and for what is no request. */
  errorReply: (error: ProxyError, exchange: ServerExchange) => Reply;
  /** Sees every exchange before the handler does. */
  onExchange?: (exchange: ServerExchange) => void;
  /** Sees every reply before it is sent, and may change its head. */
  onReply?: (reply: Reply, exchange: ServerExchange) => void;
  /** Keeps clients from being passed over while very many are served; without it none has to wait. */
  turns?: RequestTurns;
  /** Gets what a listener of an exchange's end throws. */
  onListenerError?: (error: unknown) => void;
}
