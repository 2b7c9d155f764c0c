import { parse as parseYaml } from "@std/yaml";
import { type BackendOptions, backendSettings } from "../backend_options.ts";

/** How a list of backends is written. */
export type BackendListFormat = "json" | "yaml";

/**
 * Reads a list of backends. It is a mapping with the key `backends`, whose entries are peers or mappings of
 * `peer`, `id`, `weight`, `priority`, `zone`, `maxConnections`; a key that is none of these is an error.
 *
 * Half a file is not to be taken for a whole one. JSON that is cut off is no JSON. YAML must end with a line
 * break; to be sure where it is cut off between two lines too, put a key `count`, which tells how many backends
 * there are, before `backends`, and each of them on one line.
 *
 * @throws {TypeError} when the text is not such a list; the message says where
 * @throws {RangeError} when a number in it is out of its range
 *
 * @example
 * ```ts
 * import { assertEquals, assertThrows } from "@std/assert";
 * import { parseBackendList } from "@pingo/pingo/loadbalancing";
 *
 * const yaml = `
 * backends:
 *   - 10.0.0.1:80
 *   - { peer: 10.0.0.2:80, weight: 3 }
 * `;
 * assertEquals(parseBackendList(yaml, "yaml")[1], { peer: "10.0.0.2:80", weight: 3 });
 * const bad = `{"backends": [{"peer": "10.0.0.1:80", "wieght": 2}]}`;
 * assertThrows(() => parseBackendList(bad, "json"), TypeError, 'backends[0] has a key "wieght"');
 * ```
 */
export function parseBackendList(text: string, format: BackendListFormat): BackendOptions[] {
  if (text.trim() === "") throw refuse("it is empty");
  if (format === "yaml" && !text.endsWith("\n")) {
    throw refuse("it does not end with a line break, it may be cut off");
  }
  const document = readDocument(text, format);
  if (!isMapping(document)) throw refuse("it is no mapping with the key backends");
  const { backends, count } = document;
  for (const key of Object.keys(document)) {
    if (key !== "backends" && key !== "count") throw refuse(`it has a key ${JSON.stringify(key)}`);
  }
  if (!Array.isArray(backends)) throw refuse("backends is no list");
  if (count !== undefined && count !== backends.length) {
    throw refuse(`count is ${shown(count)}, but there are ${backends.length}`);
  }
  return backends.map((entry, n) => readEntry(entry, `backends[${n}]`));
}

const KEYS: Readonly<Record<keyof BackendOptions, "string" | "number">> = {
  peer: "string",
  id: "string",
  weight: "number",
  priority: "number",
  zone: "string",
  maxConnections: "number",
};

function readEntry(entry: unknown, where: string): BackendOptions {
  const mapping = typeof entry === "string" ? { peer: entry } : entry;
  if (!isMapping(mapping)) throw refuse(`${where} is neither a peer nor a mapping`);
  for (const [key, value] of Object.entries(mapping)) {
    if (!isKey(key)) throw refuse(`${where} has a key ${JSON.stringify(key)}`);
    const kind: string = typeof value;
    if (kind === KEYS[key]) continue;
    throw refuse(`${where}.${key} is ${shown(value)}, no ${KEYS[key]}`);
  }
  if (mapping.peer === undefined) throw refuse(`${where} has no peer`);
  // All keys were looked at above.
  const options = mapping as unknown as BackendOptions;
  try {
    backendSettings(options);
  } catch (cause) {
    const message = `${where}: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw cause instanceof RangeError ? new RangeError(message, { cause }) : refuse(message, cause);
  }
  return options;
}

function readDocument(text: string, format: BackendListFormat): unknown {
  try {
    return format === "json" ? JSON.parse(text) : parseYaml(text);
  } catch (cause) {
    // The first line says what; @std/yaml shows the place in further ones.
    const [what] = (cause instanceof Error ? cause.message : String(cause)).split("\n");
    throw refuse(`it is no ${format.toUpperCase()}: ${what}`, cause);
  }
}

/**
 * A value for a message. What holds others is not written out: by YAML's aliases a kilobyte can hold billions of
 * them, or itself.
 */
function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? "a list" : "a mapping";
  }
  const text = JSON.stringify(value) ?? String(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

const MAX_SHOWN = 60;

function isKey(key: string): key is keyof BackendOptions {
  return Object.hasOwn(KEYS, key);
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function refuse(state: string, cause?: unknown): TypeError {
  return new TypeError(`Cannot read the list of backends: ${state}`, { cause });
}
