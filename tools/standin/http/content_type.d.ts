/** The content type of a file name extension such as ".html", or undefined where it has none. */
export function contentType(extension: string): string | undefined;
