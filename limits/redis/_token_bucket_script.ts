import { EXPIRY_MARGIN_MS, prelude } from "./_script_prelude.ts";

/**
 * A bucket that fills evenly. Kept: level and time, nothing while it is full. A clock that went back gives nothing, and
 * counts from where it is.
 *
 * KEYS: the bucket. ARGV: cost, gain in a microsecond, capacity.
 * Replies: the level; where it is refused, -1 less the level.
 */
export const TOKEN_BUCKET_SCRIPT = `${prelude(3)}
local cost, gain, capacity = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0
local level, at = capacity, now
local kept = call('GET', KEYS[1])
if kept then
  level, at = struct.unpack('dd', kept)
  if now > at then
    level = level + (now - at) * gain
    if level > capacity then level = capacity end
  end
end
local allowed = cost <= level
if allowed then level = level - cost end
if (allowed and cost > 0) or now < at then
  local fullMs = string.format('%d', (capacity - level) / gain / 1000 + ${EXPIRY_MARGIN_MS + 1})
  call('SET', KEYS[1], struct.pack('dd', level, now), 'PX', fullMs)
end
if allowed then return level end
return -1 - level
`;
