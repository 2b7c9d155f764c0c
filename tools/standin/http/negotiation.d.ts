/** Types of the stand-in for `jsr:@std/http/negotiation`. */

type Fields = Pick<Request, "headers">;

export function accepts(request: Fields): string[];
export function accepts(
  request: Fields,
  ...types: string[]
): string | undefined;

export function acceptsEncodings(request: Fields): string[];
export function acceptsEncodings(
  request: Fields,
  ...encodings: string[]
): string | undefined;

export function acceptsLanguages(request: Fields): string[];
export function acceptsLanguages(
  request: Fields,
  ...langs: string[]
): string | undefined;
