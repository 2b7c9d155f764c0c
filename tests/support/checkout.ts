/** The root of this checkout, without a slash at its end. */
export const checkout: string = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
