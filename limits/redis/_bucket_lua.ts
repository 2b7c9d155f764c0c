import { EXPIRY_MARGIN_MS, type LimitLua } from "./_limit_script.ts";

/**
 * What token bucket and GCRA have in common. Kept: what is free, when that was, and when the key ends. The end is
 * written ahead by as much as the margin and then left as it is while it is late enough, since it costs more than the
 * rest of a write.
 *
 * The rule: gain in a microsecond, capacity. The result: what is free; where it is refused, -1 less that.
 *
 * @param refill brings `level` from `seen` to `now`
 */
export function bucketLua(refill: string): LimitLua {
  const marginUs = EXPIRY_MARGIN_MS * 1_000;
  return {
    args: 2,
    rule: "local gain, capacity = ARGV[1] + 0, ARGV[2] + 0",
    fresh: "local level, seen, ends = capacity, now, 0",
    size: "24",
    load: `
level, seen, ends = struct.unpack('ddd', kept)
${refill}`,
    take: `
local free
if cost <= level then
  level = level - cost
  changed = changed or cost > 0
  free = level
else
  free = -1 - level
end`,
    results: ["free"],
    single: "return free",
    store: (call) => `
local needed = now + (capacity - level) / gain + ${marginUs}
if needed <= ends and now >= seen then
  ${call}('SETRANGE', key, '0', struct.pack('dd', level, now))
else
  ends = needed + ${marginUs}
  ${call}('SET', key, struct.pack('ddd', level, now, ends), 'PX', string.format('%d', (ends - now) / 1000 + 1))
end`,
  };
}
