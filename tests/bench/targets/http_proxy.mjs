// The proxy of npm's http-proxy, set as its documentation says for keep-alive. A target of the bench.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import process from "node:process";

const { LISTEN, TARGET, CERT, KEY, PACKAGES } = process.env;
const httpProxy = createRequire(`${PACKAGES}/`)("http-proxy");

const agent = new http.Agent({ keepAlive: true });
const proxy = httpProxy.createProxyServer({ target: TARGET, agent, xfwd: true });
proxy.on("error", (_error, _request, response) => response.writeHead?.(502).end());

const handler = (request, response) => proxy.web(request, response);
const server = CERT && KEY
  ? https.createServer({ cert: readFileSync(CERT), key: readFileSync(KEY) }, handler)
  : http.createServer(handler);
server.keepAliveTimeout = 3_600_000;
const { hostname, port } = new URL(`http://${LISTEN}`);
server.listen(Number(port), hostname);
