/** Types of the stand-in for `jsr:@std/http/etag`. */

export interface FileInfo {
  mtime: Date | null;
  size: number;
}

export interface ETagOptions {
  algorithm?: "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
  weak?: boolean;
}

export function eTag(
  entity: string | Uint8Array,
  options?: ETagOptions,
): Promise<string>;
export function eTag(
  entity: FileInfo,
  options?: ETagOptions,
): Promise<string | undefined>;

export function ifMatch(
  value: string | null,
  etag: string | undefined,
): boolean;

export function ifNoneMatch(
  value: string | null,
  etag: string | undefined,
): boolean;
