import { EXPIRY_MARGIN_MS, type LimitLua } from "./_limit_script.ts";

/** Fractions of a unit are counted in thousandths. */
export const PARTS = 1_000;

/**
 * A window that moves in slices. Kept: the number of the newest slice, the key's end, what was taken in all, in it, and in each one
 * before it. The slice that the window's start lies in counts whole: so no window of this length, wherever it starts,
 * ever has more than the limit. A clock that went back takes all that was counted as counted now.
 *
 * Counts of older slices stay text, of which a new slice cuts the end off: most takes read and write three numbers
 * whatever the number of slices. The key's end is kept and written ahead as that of a bucket.
 *
 * The rule: limit in parts of a unit, width of a slice in microseconds, slices in the window. Results: whole units that
 * are left (where it is refused, -1 less that), microseconds until all is given back, and until the cost is free (-1:
 * never). What is most common, an allowed take alone, is told by one number: what is left times the width, and how long
 * the slice has lasted. A list or a text costs both sides a microsecond more.
 */
export const SLIDING_WINDOW_LUA: LimitLua = {
  args: 3,
  rule: `
local limit, width, slices = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0
local phase = now % width
local current = (now - phase) / width
local size = 8 * (slices + 4)`,
  fresh: "local total, newest, older, offset, ends, isWritten = 0, 0, nil, 0, 0, false",
  size: "size",
  load: `
local first
first, ends, total, newest = struct.unpack('dddd', kept)
local shift = current - first
if shift == 0 then
  older, offset = kept, 32
  isWritten = newest > 0
elseif shift < 0 then
  newest, ends = total, 0
  changed = true
elseif shift > slices then
  total, newest = 0, 0
else
  for i = 1, shift do total = total - struct.unpack('d', kept, size + 1 - 8 * i) end
  older = string.rep('\\0', 8 * (shift - 1)) .. string.sub(kept, 25, -1 - 8 * shift)
  newest = 0
end`,
  take: `
local left, reset, wait = 0, 0, 0
if total + cost <= limit then
  if cost > 0 then
    total, newest = total + cost, newest + cost
    changed = true
  end
  left = math.floor((limit - total) / ${PARTS})
else
  local room = limit - total
  left, wait = -1 - math.floor(room / ${PARTS}), -1
  for i = older and slices or 0, 1, -1 do
    room = room + struct.unpack('d', older, offset + 8 * i - 7)
    if room >= cost then
      wait = (slices + 1 - i) * width - phase
      break
    end
  end
  if wait < 0 and room + newest >= cost then wait = (slices + 1) * width - phase end
end
if newest > 0 then
  reset = (slices + 1) * width - phase
elseif total > 0 then
  for i = 1, slices do
    if struct.unpack('d', older, offset + 8 * i - 7) > 0 then
      reset = (slices + 1 - i) * width - phase
      break
    end
  end
end`,
  results: ["left", "reset", "wait"],
  single: `
if wait == 0 and newest > 0 then
  local packed = left * width + phase
  if packed < 9007199254740992 then return packed end
end
return string.format('%d %d %d', left, reset, wait)`,
  store: (call) => `
local needed = now - phase + (slices + 1) * width + ${EXPIRY_MARGIN_MS * 1_000}
if isWritten then
  ${call}('SETRANGE', key, '16', struct.pack('dd', total, newest))
else
  local isLate = needed > ends
  if isLate then ends = needed + ${EXPIRY_MARGIN_MS * 1_000} end
  local state = struct.pack('dddd', current, ends, total, newest) ..
    (older and string.sub(older, offset + 1) or string.rep('\\0', 8 * slices))
  if isLate then
    ${call}('SET', key, state, 'PX', string.format('%d', (ends - now) / 1000 + 1))
  else
    ${call}('SETRANGE', key, '0', state)
  end
end`,
};
