// @ts-types="./mock.d.ts"
export * from "npm:deno-std@1.1.10/testing/mock.js";
