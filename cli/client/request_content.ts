import { type Body, bodyFrom } from "../../core/mod.ts";
import { UsageError } from "../usage_error.ts";

/**
 * The content of a request: `@file`, `-` or `@-` for standard input, anything else as it stands.
 *
 * @throws {UsageError} when the file cannot be read
 */
export async function requestContent(
  data: string,
  stdin: () => ReadableStream<Uint8Array>,
): Promise<Body> {
  if (data === "-" || data === "@-") return bodyFrom(stdin());
  if (!data.startsWith("@")) return bodyFrom(data);
  const path = data.slice(1);
  try {
    const file = await Deno.open(path);
    const { isFile, size } = await file.stat();
    // The length of a pipe or a device is not known.
    return bodyFrom(file.readable, isFile ? { length: size } : {});
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound ? "there is no such file" : String(error);
    throw new UsageError(`Cannot read the data file ${JSON.stringify(path)}: ${why}`);
  }
}
