import { EXPIRY_MARGIN_MS, PRELUDE } from "./_script_prelude.ts";

/**
 * A window that moves in slices. Kept: a hash of slice number and what was taken in it. The slice that the window's
 * start lies in counts whole: so no window of this length, wherever it starts, ever has more than the limit. A clock
 * that went back takes what was counted later as counted now.
 *
 * KEYS: the window. ARGV: cost, limit, width of a slice in microseconds, slices in the window, now.
 * Replies: whether allowed, what is left, microseconds until all is given back, and until the cost is free (-1: never).
 */
export const SLIDING_WINDOW_SCRIPT = `${PRELUDE}
local cost, limit, width, slices = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local into = math.fmod(now, width)
local current = (now - into) / width
local total, newest = 0, nil
local counts = {}
local isBack = false
local kept = redis.call('HGETALL', KEYS[1])
for i = 1, #kept, 2 do
  local slice, count = tonumber(kept[i]), tonumber(kept[i + 1])
  if slice < current - slices then
    redis.call('HDEL', KEYS[1], kept[i])
  else
    if slice > current then
      redis.call('HDEL', KEYS[1], kept[i])
      redis.call('HINCRBY', KEYS[1], string.format('%.0f', current), count)
      slice, isBack = current, true
    end
    counts[slice] = (counts[slice] or 0) + count
    total = total + count
    if newest == nil or slice > newest then newest = slice end
  end
end
local allowed = total + cost <= limit
if allowed and cost > 0 then
  total = total + cost
  newest = current
  redis.call('HINCRBY', KEYS[1], string.format('%.0f', current), string.format('%.0f', cost))
end
local resetUs = newest and (newest + slices + 1) * width - now or 0
if (allowed and cost > 0) or isBack then
  redis.call('PEXPIRE', KEYS[1], math.ceil(resetUs / 1000) + ${EXPIRY_MARGIN_MS})
end
local waitUs = 0
if not allowed then
  waitUs = -1
  local free = limit - total
  for slice = current - slices, current do
    free = free + (counts[slice] or 0)
    if free >= cost then
      waitUs = (slice + slices + 1) * width - now
      break
    end
  end
end
return {allowed and 1 or 0, limit - total, resetUs, waitUs}
`;
