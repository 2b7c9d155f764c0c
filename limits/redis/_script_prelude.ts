/**
 * The start of each script: `now` in microseconds. The server's own time, so that the clocks of those who ask do not
 * matter; what a script writes is replicated by its effects (Redis 5 and later), which allows `TIME` before a write.
 * Tests give a time of their own as one argument more.
 *
 * Scripts reply in whole numbers: the protocol cuts fractions off. What they keep are doubles as they are (`struct`):
 * writing and reading digits costs more than the rest of the arithmetic (redis_limiter_bench.ts), and `tostring` would
 * round times to 14 of them.
 *
 * @param args how many arguments the script has
 */
export function prelude(args: number): string {
  return `
local call = redis.call
local now
if ARGV[${args + 1}] then
  now = ARGV[${args + 1}] + 0
else
  local time = call('TIME')
  now = time[1] * 1000000 + time[2]
end
`;
}

/**
 * How much longer than needed keys live. The clock by which keys expire stands still while a script runs and the one of
 * `TIME` may not: a key must never be gone before it says the same as none.
 */
export const EXPIRY_MARGIN_MS = 1_000;
