import { bucketLua } from "./_bucket_lua.ts";

/**
 * The generic cell rate algorithm, in its form as a leaky bucket of continuous state (ITU-T I.371), which decides as
 * the one by arrival times does. A clock that went back moves the arrival time away, but never further than the burst.
 */
export const GCRA_LUA = bucketLua(`
level = level + (now - seen) * gain
if level > capacity then level = capacity end
if level < 0 then
  level = 0
  changed = true
end`);
