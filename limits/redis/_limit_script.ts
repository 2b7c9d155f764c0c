import { RedisScript } from "../../core/mod.ts";

/** What is different from one algorithm to another, as pieces of Lua. They may use `now`, `key` and `changed`. */
export interface LimitLua {
  /** How many arguments the rule has. */
  readonly args: number;
  /** Reads them from `ARGV`. */
  readonly rule: string;
  /** The state of a key that has none, as locals. */
  readonly fresh: string;
  /** An expression: the length of what is kept. */
  readonly size: string;
  /** Reads the state from `kept`, and brings it to `now`; sets `changed` where that must be kept whatever follows. */
  readonly load: string;
  /** Takes `cost`, or does not; sets `changed` when it did, and makes the locals of `results`. */
  readonly take: string;
  /** The locals that tell what came of a take, all whole numbers: the protocol cuts fractions off. */
  readonly results: readonly string[];
  /** Returns the results of a take that is alone. */
  readonly single: string;
  /** By `call`, the function to call the server with: writes the state. */
  readonly store: (call: string) => string;
}

/** The scripts of an algorithm. */
export interface LimitScripts {
  /** One take. KEYS: its key. ARGV: the rule, cost. Replies: its results, in a form of the algorithm's. */
  readonly single: RedisScript;
  /**
   * Takes of many keys, each as if it came alone: what is the matter with one key is told in place of its results, as
   * text, and is nothing to the others. KEYS: each key once. ARGV: the rule, then the costs, key by key; that of a
   * further take from the same key is written as -1 less it. Replies: the results of all takes in one list.
   */
  readonly joined: RedisScript;
  /** How many results a take has. */
  readonly width: number;
}

/** Options of {@linkcode limitScripts}. */
export interface LimitScriptsOptions {
  /**
   * Whether the rule has the time, in microseconds, as one argument more: for tests.
   *
   * @default {false}
   */
  readonly isTimeGiven?: boolean;
}

/**
 * How much longer than needed keys live. The clock by which keys expire stands still while a script runs and the one of
 * `TIME` may not: a key must never be gone before it says the same as none.
 */
export const EXPIRY_MARGIN_MS = 1_000;

/** Somebody else's value under a limiter's name. */
const FOREIGN = "ERR Cannot read a limit: its key holds another value";

/**
 * Makes both scripts of an algorithm. They go by the server's own time, so that the clocks of those who ask do not
 * matter; what a script writes is replicated by its effects (Redis 5 and later), which allows `TIME` before a write.
 *
 * What they keep are doubles as they are (`struct`): writing and reading digits costs more than the rest of the
 * arithmetic, and `tostring` would round times to 14 of them. The single script exists since the loop and the list of
 * the joined one cost a take that is alone a fifth of the server's time (redis_limiter_bench.ts).
 */
export function limitScripts(lua: LimitLua, options: LimitScriptsOptions = {}): LimitScripts {
  const { isTimeGiven = false } = options;
  const { results } = lua;
  const args = lua.args + (isTimeGiven ? 1 : 0);
  const start = `
${isTimeGiven ? `local now = ARGV[${args}] + 0` : SERVER_TIME}
${lua.rule}`;

  const single = `
local call = redis.call
${start}
local key, cost = KEYS[1], ARGV[${args + 1}] + 0
local changed = false
${lua.fresh}
local kept = call('GET', key)
if kept then
  if #kept ~= ${lua.size} then return redis.error_reply('${FOREIGN}') end
  ${lua.load}
end
${lua.take}
if changed then
  ${lua.store("call")}
end
${lua.single}
`;

  const joined = `
local call, try, struct = redis.call, redis.pcall, struct
${start}
local replies, count, at = {}, 0, ${args + 1}
for i = 1, #KEYS do
  local key, from, failure = KEYS[i], count + 1, nil
  local changed = false
  ${lua.fresh}
  local kept = try('GET', key)
  if kept then
    if #kept == ${lua.size} then
      ${lua.load}
    else
      failure = kept.err or '${FOREIGN}'
    end
  end
  local cost = ARGV[at] + 0
  repeat
    ${lua.take}
    ${results.map((name, i) => `replies[count + ${i + 1}] = ${name}`).join("\n    ")}
    count = count + ${results.length}
    at = at + 1
    cost = -1 - (ARGV[at] or 0)
  until cost < 0
  if changed and not failure then
    local done
    ${lua.store("done = try")}
    failure = type(done) == 'table' and done.err
  end
  if failure then
    for j = from, count do replies[j] = failure end
  end
end
return replies
`;
  return {
    single: new RedisScript(single),
    joined: new RedisScript(joined),
    width: results.length,
  };
}

const SERVER_TIME = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]`;
