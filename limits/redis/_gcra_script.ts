import { EXPIRY_MARGIN_MS, prelude } from "./_script_prelude.ts";

/**
 * The generic cell rate algorithm, as virtual scheduling (ITU-T I.371). Kept: the theoretical arrival time, in
 * microseconds and, where it is no whole one, the rest in parts of `gain`; nothing once it has passed. It is never
 * further away than the burst, whatever the clock does.
 *
 * KEYS: the cell. ARGV: cost, gain in a microsecond, capacity.
 * Replies: what of the capacity is free; where it is refused, -1 less that.
 */
export const GCRA_SCRIPT = `${prelude(3)}
local cost, gain, capacity = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0
local ahead = 0
local isBack = false
local kept = call('GET', KEYS[1])
if kept then
  local whole, rest = struct.unpack('d', kept), 0
  if #kept > 8 then rest = struct.unpack('d', kept, 9) end
  ahead = (whole - now) * gain + rest
  if ahead < 0 then ahead = 0 end
  isBack = ahead > capacity
  if isBack then ahead = capacity end
end
local allowed = ahead + cost <= capacity
if allowed then ahead = ahead + cost end
if (allowed and cost > 0) or isBack then
  local rest = math.fmod(ahead, gain)
  local arrival = struct.pack('d', now + (ahead - rest) / gain)
  if rest > 0 then arrival = arrival .. struct.pack('d', rest) end
  call('SET', KEYS[1], arrival, 'PX', string.format('%d', ahead / gain / 1000 + ${
  EXPIRY_MARGIN_MS + 1
}))
end
if allowed then return capacity - ahead end
return -1 - capacity + ahead
`;
