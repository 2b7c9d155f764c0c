import { EXPIRY_MARGIN_MS, type LimitLua } from "./_limit_script.ts";

/**
 * A window that moves in slices. Kept: the number of the newest slice, what was taken in all, in it, and in each one
 * before it. The slice that the window's start lies in counts whole: so no window of this length, wherever it starts,
 * ever has more than the limit. A clock that went back takes all that was counted as counted now.
 *
 * Counts of older slices stay text, of which a new slice cuts the end off: most takes read and write three numbers
 * whatever the number of slices. The key's end is that of the newest slice, so that only the first take of it sets one.
 *
 * The rule: limit, width of a slice in microseconds, slices in the window. Results: what is left (where it is refused,
 * -1 less that), microseconds until all is given back, and until the cost is free (-1: never).
 */
export const SLIDING_WINDOW_LUA: LimitLua = {
  args: 3,
  rule: `
local limit, width, slices = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0
local current = (now - math.fmod(now, width)) / width
local size = 8 * (slices + 3)`,
  fresh: "local total, newest, older, ends = 0, 0, nil, false",
  size: "size",
  load: `
local first
first, total, newest = struct.unpack('ddd', kept)
local shift = current - first
if shift == 0 then
  older = string.sub(kept, 25)
  ends = newest > 0
elseif shift < 0 then
  newest = total
  changed = true
elseif shift > slices then
  total, newest = 0, 0
else
  for i = 1, shift do total = total - struct.unpack('d', kept, size + 1 - 8 * i) end
  older = string.rep('\\0', 8 * (shift - 1)) .. string.sub(kept, 17, -1 - 8 * shift)
  newest = 0
end`,
  take: `
local left, reset, wait = limit - total, 0, 0
if cost <= left then
  if cost > 0 then
    total, newest, left = total + cost, newest + cost, left - cost
    changed = true
  end
else
  local room = left
  left, wait = -1 - left, -1
  for i = older and slices or 0, 1, -1 do
    room = room + struct.unpack('d', older, 8 * i - 7)
    if room >= cost then
      wait = (current + slices + 1 - i) * width - now
      break
    end
  end
  if wait < 0 and room + newest >= cost then wait = (current + slices + 1) * width - now end
end
if newest > 0 then
  reset = (current + slices + 1) * width - now
elseif total > 0 then
  for i = 1, slices do
    if struct.unpack('d', older, 8 * i - 7) > 0 then
      reset = (current + slices + 1 - i) * width - now
      break
    end
  end
end`,
  results: ["left", "reset", "wait"],
  store: (call) => `
if ends then
  ${call}('SETRANGE', key, '8', struct.pack('dd', total, newest))
else
  local state = struct.pack('ddd', current, total, newest) .. (older or string.rep('\\0', 8 * slices))
  local endMs = ((current + slices + 1) * width - now) / 1000 + ${EXPIRY_MARGIN_MS + 1}
  ${call}('SET', key, state, 'PX', string.format('%d', endMs))
end`,
};
