import { fileURLToPath } from "node:url";

/** The checkout that the bench belongs to. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
