import { capture } from "../process/programs.ts";
import { EMPTY_PAGE, replaceMarked } from "./markdown.ts";

/** Writes figures between the marks of a section of a page, and the page itself where there is none. */
export async function writePage(path: string, text: string, section?: string): Promise<void> {
  const page = await Deno.readTextFile(path).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) return EMPTY_PAGE;
    throw error;
  });
  await Deno.mkdir(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(path, replaceMarked(page, text, section));
  // Its tables are aligned as in every page of the checkout.
  await capture(Deno.execPath(), ["fmt", "--quiet", path]);
}
