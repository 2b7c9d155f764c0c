import { EXPIRY_MARGIN_MS, prelude } from "./_script_prelude.ts";

/**
 * A window that moves in slices. Kept: the number of the newest slice, and what was taken in it and in each one before
 * it. The slice that the window's start lies in counts whole: so no window of this length, wherever it starts, ever has
 * more than the limit. A clock that went back takes all that was counted as counted now.
 *
 * KEYS: the window. ARGV: cost, limit, width of a slice in microseconds, slices in the window.
 * Replies: whether allowed, what is left, microseconds until all is given back, and until the cost is free (-1: never).
 */
export const SLIDING_WINDOW_SCRIPT = `${prelude(4)}
local cost, limit, width, slices = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0, ARGV[4] + 0
local current = (now - math.fmod(now, width)) / width
local form = string.rep('d', slices + 2)
-- counts[1] is of the current slice, counts[slices + 1] of the oldest one that counts.
local counts = {}
local total = 0
local isBack = false
local kept = call('GET', KEYS[1])
if kept then
  local all = {struct.unpack(form, kept)}
  local shift = current - all[1]
  isBack = shift < 0
  for i = 1, slices + 1 do
    local count = all[i + 1]
    local to = isBack and 1 or i + shift
    if count > 0 and to <= slices + 1 then
      counts[to] = (counts[to] or 0) + count
      total = total + count
    end
  end
end
local allowed = total + cost <= limit
if allowed and cost > 0 then
  counts[1] = (counts[1] or 0) + cost
  total = total + cost
end
local resetUs = 0
for i = 1, slices + 1 do
  if counts[i] then
    resetUs = (current + slices + 2 - i) * width - now
    break
  end
end
if (allowed and cost > 0) or isBack then
  for i = 1, slices + 1 do counts[i] = counts[i] or 0 end
  local state = struct.pack(form, current, unpack(counts))
  call('SET', KEYS[1], state, 'PX', string.format('%d', resetUs / 1000 + ${EXPIRY_MARGIN_MS + 1}))
end
local waitUs = 0
if not allowed then
  waitUs = -1
  local free = limit - total
  for i = slices + 1, 1, -1 do
    free = free + (counts[i] or 0)
    if free >= cost then
      waitUs = (current + slices + 2 - i) * width - now
      break
    end
  end
end
return {allowed and 1 or 0, limit - total, resetUs, waitUs}
`;
