import { createHash } from "node:crypto";
import { crc32 } from "./crc32.ts";
import { md5 } from "./_md5.ts";

// What does the place of a key cost?
const group = { group: "hash a key of 26 letters" };
const key = "/images/7919/photo.jpg?w=1";
const digest = new Uint32Array(4);
Deno.bench("node:crypto md5", { ...group, baseline: true }, () => {
  createHash("md5").update(key).digest();
});
Deno.bench("md5()", group, () => md5(key, digest));
Deno.bench("crc32()", group, () => {
  crc32(key);
});
