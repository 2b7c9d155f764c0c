import { assertEquals } from "@std/assert";
import { ERRORS_DOC, renderErrorsDoc } from "../../tools/errors_doc.ts";

Deno.test("docs/errors.md is what tools/errors_doc.ts writes", async () => {
  assertEquals(
    await Deno.readTextFile(ERRORS_DOC),
    renderErrorsDoc(),
    "run deno run -RW tools/errors_doc.ts",
  );
});
