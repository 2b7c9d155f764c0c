import { EXPIRY_MARGIN_MS, PRELUDE } from "./_script_prelude.ts";

/**
 * A bucket that fills evenly. Kept: `level:time`, none while it is full. A clock that went back gives nothing, and
 * counts from where it is.
 *
 * KEYS: the bucket. ARGV: cost, gain in a microsecond, capacity, now.
 * Replies: whether allowed, level.
 */
export const TOKEN_BUCKET_SCRIPT = `${PRELUDE}
local cost, gain, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local level, at = capacity, now
local kept = redis.call('GET', KEYS[1])
if kept then
  local colon = string.find(kept, ':', 1, true)
  level, at = tonumber(string.sub(kept, 1, colon - 1)), tonumber(string.sub(kept, colon + 1))
  if now > at then level = math.min(capacity, level + (now - at) * gain) end
end
local allowed = cost <= level
if allowed then level = level - cost end
if (allowed and cost > 0) or now < at then
  local fullMs = math.ceil((capacity - level) / gain / 1000) + ${EXPIRY_MARGIN_MS}
  redis.call('SET', KEYS[1], string.format('%.0f:%.0f', level, now), 'PX', fullMs)
end
return {allowed and 1 or 0, level}
`;
