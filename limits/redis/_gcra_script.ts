import { EXPIRY_MARGIN_MS, PRELUDE } from "./_script_prelude.ts";

/**
 * The generic cell rate algorithm, as virtual scheduling (ITU-T I.371). Kept: the theoretical arrival time, in
 * microseconds and, where it is no whole one, `+` the rest in parts of \`gain\`; none once it has passed. It is never
 * further away than the burst, whatever the clock does.
 *
 * KEYS: the cell. ARGV: cost, gain in a microsecond, capacity, now.
 * Replies: whether allowed, and what of the capacity is free.
 */
export const GCRA_SCRIPT = `${PRELUDE}
local cost, gain, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local ahead = 0
local isBack = false
local kept = redis.call('GET', KEYS[1])
if kept then
  local plus = string.find(kept, '+', 1, true)
  local whole = tonumber(plus and string.sub(kept, 1, plus - 1) or kept)
  local rest = plus and tonumber(string.sub(kept, plus + 1)) or 0
  ahead = math.max(0, (whole - now) * gain + rest)
  isBack = ahead > capacity
  if isBack then ahead = capacity end
end
local allowed = ahead + cost <= capacity
if allowed then ahead = ahead + cost end
if (allowed and cost > 0) or isBack then
  local rest = math.fmod(ahead, gain)
  local arrival = string.format('%.0f', now + (ahead - rest) / gain)
  if rest > 0 then arrival = arrival .. string.format('+%.0f', rest) end
  redis.call('SET', KEYS[1], arrival, 'PX', math.ceil(ahead / gain / 1000) + ${EXPIRY_MARGIN_MS})
end
return {allowed and 1 or 0, capacity - ahead}
`;
