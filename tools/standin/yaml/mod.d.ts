/** Types of the stand-in for `jsr:@std/yaml`: the names and signatures that the real package has too. */

export type SchemaType = "failsafe" | "json" | "core" | "default" | "extended";

export interface ParseOptions {
  allowDuplicateKeys?: boolean;
  onWarning?(error: Error): void;
  schema?: SchemaType;
}

export interface StringifyOptions {
  arrayIndent?: boolean;
  compatMode?: boolean;
  condenseFlow?: boolean;
  flowLevel?: number;
  indent?: number;
  lineWidth?: number;
  schema?: SchemaType;
  skipInvalid?: boolean;
  sortKeys?: boolean | ((a: string, b: string) => number);
  useAnchors?: boolean;
}

export function parse(content: string, options?: ParseOptions): unknown;

export function parseAll(content: string, options?: ParseOptions): unknown;

export function stringify(data: unknown, options?: StringifyOptions): string;
