// Hono's proxy helper on Node, written as its documentation does. A target of the bench.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import https from "node:https";
import process from "node:process";

const { LISTEN, TARGET, CERT, KEY, PACKAGES } = process.env;
const require = createRequire(`${PACKAGES}/`);
const { Hono } = require("hono");
const { proxy } = require("hono/proxy");
const { serve } = require("@hono/node-server");

const app = new Hono();
app.all("*", (c) => {
  const { pathname, search } = new URL(c.req.url);
  return proxy(`${TARGET}${pathname}${search}`, {
    ...c.req,
    headers: {
      ...c.req.header(),
      "X-Forwarded-For": c.env.incoming.socket.remoteAddress,
      "X-Forwarded-Host": c.req.header("host"),
    },
  });
});

const tls = CERT && KEY
  ? {
    createServer: https.createServer,
    serverOptions: { cert: readFileSync(CERT), key: readFileSync(KEY) },
  }
  : {};
const { hostname, port } = new URL(`http://${LISTEN}`);
const server = serve({ fetch: app.fetch, hostname, port: Number(port), ...tls });
server.keepAliveTimeout = 3_600_000;
