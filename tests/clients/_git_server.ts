import { gitProgram } from "./_git.ts";

/** A server that keeps repositories: git's own `http-backend` as CGI behind Deno's HTTP server. */
export interface GitServer extends AsyncDisposable {
  /** Its `host:port`. */
  readonly address: string;
}

/** Options of {@linkcode serveGit}. */
export interface ServeGitOptions {
  /** The value of Authorization that every request has to have. */
  readonly authorization?: string;
}

/** Serves the repositories below a folder. */
export function serveGit(root: string, options: ServeGitOptions = {}): GitServer {
  const { authorization } = options;
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    if (authorization !== undefined && request.headers.get("authorization") !== authorization) {
      return new Response("Who are you?", {
        status: 401,
        headers: { "www-authenticate": `Basic realm="git"` },
      });
    }
    return runBackend(root, request);
  });
  return {
    address: `127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** One request by RFC 3875: the head in variables, the content at standard input. */
async function runBackend(root: string, request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const { headers } = request;
  const child = new Deno.Command(gitProgram(), {
    args: ["http-backend"],
    env: {
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      // It lets those push who have a name.
      REMOTE_USER: "ann",
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: search.slice(1),
      CONTENT_TYPE: headers.get("content-type") ?? "",
      CONTENT_LENGTH: headers.get("content-length") ?? "",
      HTTP_CONTENT_ENCODING: headers.get("content-encoding") ?? "",
      HTTP_GIT_PROTOCOL: headers.get("git-protocol") ?? "",
    },
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const content = request.body ?? new Blob([]).stream();
  // It may answer and end before it has read everything.
  const writing = content.pipeTo(child.stdin).catch(() => {});
  const response = await cgiResponse(child.stdout);
  await Promise.all([writing, child.status]);
  return response;
}

/** An answer by RFC 3875 §6: fields, an empty line, content. The answers of these tests fit into memory. */
async function cgiResponse(stdout: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Response> {
  const bytes = await new Response(stdout).bytes();
  const end = bytes.findIndex((byte, i) => byte === 10 && bytes[i + 1] === 13);
  const lines = new TextDecoder().decode(bytes.subarray(0, end)).split("\r\n");
  const headers = new Headers();
  for (const line of lines.filter((each) => each.trim() !== "")) {
    const colon = line.indexOf(":");
    headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  const status = Number.parseInt(headers.get("status") ?? "200");
  headers.delete("status");
  return new Response(bytes.subarray(end + 3), { status, headers });
}
