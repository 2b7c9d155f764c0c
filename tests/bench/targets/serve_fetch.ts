/**
 * The proxy that everybody writes first: `Deno.serve` and `fetch`, nothing else. One of the targets of the bench, told
 * what to do by LISTEN, TARGET, CERT and KEY.
 *
 * @module
 */

if (import.meta.main) {
  const listen = new URL(`http://${Deno.env.get("LISTEN")}`);
  const target = Deno.env.get("TARGET");
  const [certFile, keyFile] = [Deno.env.get("CERT"), Deno.env.get("KEY")];
  const address = { hostname: listen.hostname, port: Number(listen.port), onListen() {} };
  const options = certFile === undefined || keyFile === undefined ? address : {
    ...address,
    cert: Deno.readTextFileSync(certFile),
    key: Deno.readTextFileSync(keyFile),
  };
  Deno.serve(options, (request) => {
    const url = new URL(request.url);
    const { method, headers, body } = request;
    return fetch(target + url.pathname + url.search, { method, headers, body, redirect: "manual" });
  });
}
