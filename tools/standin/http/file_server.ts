/** Stand-in for `jsr:@std/http/file-server`: files and index.html, no directory listing. */
import { plain, serveFile } from "./serve_file.ts";

export { serveFile, type ServeFileOptions } from "./serve_file.ts";

export interface ServeDirOptions {
  fsRoot?: string;
  urlRoot?: string;
  showIndex?: boolean;
  showDotfiles?: boolean;
  enableCors?: boolean;
  quiet?: boolean;
  etagAlgorithm?: "SHA-1" | "SHA-256" | "SHA-384" | "SHA-512";
  headers?: string[];
}

export async function serveDir(
  req: Request,
  opts: ServeDirOptions = {},
): Promise<Response> {
  const response = await respond(req, opts);
  if (!opts.quiet) {
    console.log(
      `${req.method} ${new URL(req.url).pathname} ${response.status}`,
    );
  }
  if (response.status === 301) return response;
  if (opts.enableCors) {
    response.headers.append("access-control-allow-origin", "*");
    response.headers.append(
      "access-control-allow-headers",
      "Origin, X-Requested-With, Content-Type, Accept, Range",
    );
  }
  for (const field of opts.headers ?? []) {
    const colon = field.indexOf(":");
    response.headers.append(field.slice(0, colon), field.slice(colon + 1));
  }
  return response;
}

async function respond(
  req: Request,
  opts: ServeDirOptions,
): Promise<Response> {
  if (req.method !== "GET" && req.method !== "HEAD") return plain(405);
  try {
    return await find(req, opts);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return plain(404);
    if (!opts.quiet) console.error(error);
    return plain(500);
  }
}

async function find(req: Request, opts: ServeDirOptions): Promise<Response> {
  const url = new URL(req.url);
  let path = decodeURIComponent(url.pathname);
  const clean = normalize(path);
  if (clean !== path) {
    url.pathname = clean;
    return Response.redirect(url, 301);
  }
  if (opts.urlRoot) {
    if (!path.startsWith(`/${opts.urlRoot}`)) return plain(404);
    path = path.slice(opts.urlRoot.length + 1);
  }
  if (!opts.showDotfiles && path.includes("/.")) return plain(404);

  const { etagAlgorithm } = opts;
  const filePath = `${opts.fsRoot ?? "."}/${path.replace(/^\/|\/$/g, "")}`;
  const fileInfo = await Deno.stat(filePath);
  if (fileInfo.isDirectory !== url.pathname.endsWith("/")) {
    url.pathname = fileInfo.isDirectory ? `${url.pathname}/` : url.pathname.slice(0, -1);
    return Response.redirect(url, 301);
  }
  if (!fileInfo.isDirectory) {
    return await serveFile(req, filePath, { etagAlgorithm, fileInfo });
  }
  if (opts.showIndex === false) return plain(404);
  return await serveFile(req, `${filePath}/index.html`, { etagAlgorithm });
}

/** Resolves "." and ".." and doubled slashes, so that no decoded path leaves its root. */
function normalize(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") kept.pop();
    else if (segment !== "" && segment !== ".") kept.push(segment);
  }
  const isFolder = kept.length > 0 && /\/\.{0,2}$/.test(path);
  return `/${kept.join("/")}${isFolder ? "/" : ""}`;
}
