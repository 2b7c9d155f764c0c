import { bucketLua } from "./_bucket_lua.ts";

/** A bucket that fills evenly. A clock that went back gives nothing, and counts from where it is. */
export const TOKEN_BUCKET_LUA = bucketLua(`
if now > seen then
  level = level + (now - seen) * gain
  if level > capacity then level = capacity end
end
changed = now < seen`);
